import { useState, type ReactElement } from "react";

import { useWords } from "./use-words.ts";

/** Asks for a key, and says what is wrong with the one that was given. */
export function KeyForm({
  fault,
  onEnter,
}: {
  fault: "none" | "wrong" | "other";
  onEnter: (secret: string) => void;
}): ReactElement {
  const { words } = useWords();
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
      <p className="faint">{words.keyNote}</p>
      {fault !== "none" && (
        <p className="notice" role="alert">
          {fault === "wrong" ? words.wrongKey : words.otherKey}
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
