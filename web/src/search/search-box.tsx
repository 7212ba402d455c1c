import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactElement } from "react";

import type { LonLat, SearchResult } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failure } from "../ui/notice.tsx";
import { press, type Combobox } from "./combobox.ts";
import { ResultRow } from "./result-row.tsx";
import { useSuggestions } from "./use-suggestions.ts";

const suggestsAlways = (): boolean => true;
const CLOSED: Combobox = { open: false, active: -1 };

export function SearchBox({
  label,
  hint,
  suggests = suggestsAlways,
  layers = null,
  empties = false,
  submitted,
  focus,
  onChoose,
  onSubmit,
  onClear,
}: {
  label: string;
  hint: string;
  /** Whether suggestions help for a text, or it says all itself. */
  suggests?: (text: string) => boolean;
  /** What is suggested; everything if left out. */
  layers?: string | null;
  /** Whether the field is emptied when the page's state no longer holds a text. */
  empties?: boolean;
  /** The text that the page's state holds, when a search was submitted. */
  submitted: string | null;
  /** Where the map looks, so that near places come first. */
  focus: () => LonLat | null;
  onChoose: (result: SearchResult) => void;
  onSubmit: (text: string) => void;
  onClear: () => void;
}): ReactElement {
  const { lang, t } = useI18n();
  const [text, setText] = useState(submitted ?? "");
  const [followed, setFollowed] = useState(submitted);
  const [combobox, setCombobox] = useState(CLOSED);
  const field = useRef<HTMLInputElement>(null);
  const listId = useId();

  // Back and forward change the text from outside.
  if (submitted !== followed) {
    setFollowed(submitted);
    if (submitted !== null || empties) setText(submitted ?? "");
  }

  const suggestions = useSuggestions(suggests(text) ? text : "", lang, layers, focus);
  const rows = suggestions.value ?? [];
  const open = combobox.open && text.trim() !== "" && suggestions.status !== "idle";
  const optionId = (index: number): string => `${listId}-${String(index)}`;

  useEffect(() => {
    document.getElementById(`${listId}-${String(combobox.active)}`)?.scrollIntoView({ block: "nearest" });
  }, [listId, combobox.active]);

  useEffect(() => {
    // `/` from anywhere goes to the search, as in many other programs.
    const jump = (event: globalThis.KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", jump);
    return () => {
      document.removeEventListener("keydown", jump);
    };
  }, []);

  const choose = (result: SearchResult): void => {
    setText(result.properties.name);
    setCombobox(CLOSED);
    onChoose(result);
  };

  const submit = (): void => {
    setCombobox(CLOSED);
    if (text.trim() !== "") onSubmit(text.trim());
  };

  const clear = (): void => {
    setText("");
    setCombobox(CLOSED);
    onClear();
    field.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, its keys choose characters, not suggestions.
    if (event.nativeEvent.isComposing) return;
    const step = press(event.key, { ...combobox, open }, rows.length);
    if (step.kind === "pass") return;
    event.preventDefault();
    if (step.kind === "move") setCombobox(step.combobox);
    else if (step.kind === "clear") clear();
    else if (step.kind === "submit") submit();
    else {
      const row = rows[step.index];
      if (row !== undefined) choose(row);
    }
  };

  return (
    <search className="search">
      <form
        className="search-field"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Icon name="search" />
        <input
          ref={field}
          id="search"
          type="text"
          role="combobox"
          aria-label={label}
          aria-expanded={open}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={open && combobox.active >= 0 ? optionId(combobox.active) : undefined}
          placeholder={hint}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          maxLength={200}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setCombobox({ open: true, active: -1 });
          }}
          onFocus={() => {
            // Coming back to a text that was already acted on should not cover its answer.
            if (text !== submitted && text !== "") setCombobox({ open: true, active: -1 });
          }}
          onBlur={() => {
            setCombobox(CLOSED);
          }}
          onKeyDown={onKeyDown}
        />
        {text !== "" && (
          <button type="button" className="icon-button" aria-label={t.clear} title={t.clear} onClick={clear}>
            <Icon name="close" />
          </button>
        )}
      </form>

      <div className="off-screen" role="status">
        {open && suggestions.status === "ready" ? t.suggestionCount(rows.length) : ""}
      </div>

      {open && suggestions.status === "failed" && <Failure problem={suggestions.problem} />}
      {open && suggestions.status === "ready" && rows.length === 0 && (
        <p className="notice">{t.noSuggestions}</p>
      )}
      <ul
        id={listId}
        className="suggestions"
        role="listbox"
        aria-label={t.suggestions}
        hidden={!open || rows.length === 0}
      >
        {rows.map((result, index) => (
          <li
            key={result.properties.gid}
            id={optionId(index)}
            className="row"
            role="option"
            aria-selected={index === combobox.active}
            // Keeps the focus in the field, so that the list does not close before the click.
            onMouseDown={(event) => {
              event.preventDefault();
            }}
            onClick={() => {
              choose(result);
            }}
          >
            <ResultRow result={result} />
          </li>
        ))}
      </ul>
    </search>
  );
}
