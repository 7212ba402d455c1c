import type { ReactElement } from "react";

import type { Call, CallChange } from "./call.ts";
import { useWords } from "./use-words.ts";

/** What the server keeps at most, in characters. */
const MOST_WORDS = 10_000;
const MOST_CONTACT = 200;
const MOST_PHONE = 64;

/** What the caller says, and where to reach them. */
export function CallerFields({
  call: { words: said, contact, phone },
  onChange,
  onNext,
}: {
  call: Call;
  onChange: (change: CallChange) => void;
  /** Somebody else is on the line; `null` where nothing is known of this one. */
  onNext: (() => void) | null;
}): ReactElement {
  const { words } = useWords();
  return (
    <div className="caller">
      <label className="caller-said">
        <span>{words.said}</span>
        <textarea
          rows={2}
          maxLength={MOST_WORDS}
          placeholder={words.saidHint}
          autoComplete="off"
          value={said}
          onChange={({ target: { value } }) => {
            onChange({ words: value });
          }}
        />
      </label>
      <label>
        <span>{words.contact}</span>
        <input
          maxLength={MOST_CONTACT}
          placeholder={words.optional}
          autoComplete="off"
          value={contact}
          onChange={({ target: { value } }) => {
            onChange({ contact: value });
          }}
        />
      </label>
      <label>
        <span>{words.phone}</span>
        <input
          type="tel"
          maxLength={MOST_PHONE}
          placeholder={words.optional}
          autoComplete="off"
          value={phone}
          onChange={({ target: { value } }) => {
            onChange({ phone: value });
          }}
        />
      </label>
      <div className="caller-end">
        <p className="faint">{words.privacy}</p>
        {onNext !== null && (
          <button type="button" className="button quiet" onClick={onNext}>
            {words.nextCaller}
          </button>
        )}
      </div>
    </div>
  );
}
