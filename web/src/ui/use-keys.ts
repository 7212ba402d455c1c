import { useCallback, type KeyboardEvent } from "react";

/**
 * Presses what carries `data-key` when its key is pressed inside the element whose `onKeyDown` this
 * is, and calls `onEscape` on Escape. Keys count only there, not on the whole page, so that dictated
 * text presses nothing.
 */
export function useKeys(onEscape: () => void): (event: KeyboardEvent<HTMLElement>) => void {
  return useCallback(
    (event) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || event.nativeEvent.isComposing) return;
      if (event.key === "Escape") {
        event.preventDefault();
        onEscape();
        return;
      }
      const wanted = CSS.escape(event.key.toLowerCase());
      const button = event.currentTarget.querySelector<HTMLElement>(`[data-key="${wanted}"]`);
      if (button === null) return;
      event.preventDefault();
      button.click();
    },
    [onEscape],
  );
}
