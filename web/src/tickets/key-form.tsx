import { useState, type ReactElement } from "react";

import { useI18n } from "../i18n/context.tsx";
import { TICKET_MESSAGES } from "./messages.ts";

/** Asks for a key, and says what is wrong with the one that was given. */
export function KeyForm({
  fault,
  note,
  other,
  onEnter,
}: {
  fault: "wrong" | "other" | null;
  /** What the key is for. */
  note: string;
  /** That the key was given for another role. */
  other: string;
  onEnter: (secret: string) => void;
}): ReactElement {
  const { lang } = useI18n();
  const words = TICKET_MESSAGES[lang];
  const [secret, setSecret] = useState("");
  return (
    <form
      className="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (secret.trim() !== "") onEnter(secret.trim());
      }}
    >
      <label htmlFor="key">{words.key}</label>
      <p className="faint">{note}</p>
      {fault !== null && (
        <p className="notice" role="alert">
          {fault === "wrong" ? words.wrongKey : other}
        </p>
      )}
      <div className="key-row">
        <input
          id="key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder={words.keyHint}
          value={secret}
          onChange={({ target: { value } }) => {
            setSecret(value);
          }}
        />
        <button type="submit" className="button loud">
          {words.enter}
        </button>
      </div>
    </form>
  );
}
