import type { ReactElement } from "react";

import type { HandledService } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";

/** Matters as a row of buttons; what an office only usually handles says so. */
export function MatterList({
  matters,
  label,
  onService,
}: {
  matters: readonly (Pick<HandledService, "code" | "name"> & Partial<HandledService>)[];
  label?: string;
  onService: (code: string) => void;
}): ReactElement {
  const { t } = useI18n();
  return (
    <ul className="matters" aria-label={label}>
      {matters.map(({ code, name, basis }) => (
        <li key={code}>
          <button
            type="button"
            className="matter"
            onClick={() => {
              onService(code);
            }}
          >
            {name}
            {basis === "typical" && <span className="tag">{t.typical}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
