import { useEffect, useState, type ReactElement } from "react";

import { useI18n } from "../i18n/context.tsx";
import { Icon, type StrokeName } from "./icon.tsx";

/** Copies a text and says, also to a screen reader, whether it worked. */
export function CopyButton({
  label,
  icon,
  text,
  shortcut,
  loud = false,
}: {
  label: string;
  icon: StrokeName;
  text: () => string;
  /** The key that presses it, where keys are heard: see `useKeys`. */
  shortcut?: string;
  /** Whether it is what one is most likely to want. */
  loud?: boolean;
}): ReactElement {
  const { t } = useI18n();
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);

  useEffect(() => {
    if (outcome === null) return undefined;
    const timer = setTimeout(() => {
      setOutcome(null);
    }, 2500);
    return () => {
      clearTimeout(timer);
    };
  }, [outcome]);

  return (
    <button
      type="button"
      className={`button ${loud ? "loud" : "quiet"}`}
      data-key={shortcut}
      aria-keyshortcuts={shortcut}
      onClick={() => {
        copyText(text()).then(
          () => {
            setOutcome("copied");
          },
          () => {
            setOutcome("failed");
          },
        );
      }}
    >
      <Icon name={outcome === "copied" ? "check" : icon} />
      <span aria-live="polite">
        {outcome === null ? label : outcome === "copied" ? t.copied : t.copyFailed}
      </span>
      {shortcut !== undefined && <kbd aria-hidden="true">{shortcut.toUpperCase()}</kbd>}
    </button>
  );
}

/** The clipboard is there in secure contexts only; a city's intranet often is none. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "off-screen";
  document.body.append(field);
  field.select();
  // The only way to copy without a secure context, however old it is.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("copying is not allowed");
}
