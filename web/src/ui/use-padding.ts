import { useEffect, useState, type RefObject } from "react";

import type { Padding } from "../map/controller.ts";

/** Below this width the panel becomes a sheet at the bottom; the same as in `layout.css`. */
export const PHONE = "(max-width: 719px)";

const NONE: Padding = { top: 0, right: 0, bottom: 0, left: 0 };

/** How much of the map the panels cover, kept up to date as they grow and shrink. */
export function usePadding(
  top: RefObject<HTMLElement | null>,
  sheet: RefObject<HTMLElement | null>,
): Padding {
  const [padding, setPadding] = useState(NONE);

  useEffect(() => {
    const measure = (): void => {
      const head = top.current?.getBoundingClientRect();
      const body = sheet.current?.getBoundingClientRect();
      const next: Padding = window.matchMedia(PHONE).matches
        ? { ...NONE, top: head?.bottom ?? 0, bottom: window.innerHeight - (body?.top ?? window.innerHeight) }
        : { ...NONE, left: head?.right ?? 0, bottom: 24 };
      setPadding((old) => (JSON.stringify(old) === JSON.stringify(next) ? old : next));
    };
    const observer = new ResizeObserver(measure);
    for (const { current } of [top, sheet]) if (current !== null) observer.observe(current);
    window.addEventListener("resize", measure);
    measure();
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", measure);
    };
  }, [top, sheet]);

  return padding;
}
