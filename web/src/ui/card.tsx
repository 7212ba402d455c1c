import { useEffect, useRef, type ReactElement, type ReactNode } from "react";

import { useI18n } from "../i18n/context.tsx";
import { Icon } from "./icon.tsx";

/**
 * The frame of everything that is shown beside the map. It takes the focus when it opens, so that
 * a keyboard or a screen reader continues where the content is.
 */
export function Card({
  title,
  lead,
  onClose,
  onBack,
  takeFocus = true,
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  onClose: () => void;
  onBack?: (() => void) | null;
  takeFocus?: boolean;
  children: ReactNode;
}): ReactElement {
  const { t } = useI18n();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    if (takeFocus) heading.current?.focus({ preventScroll: true });
  }, [takeFocus]);

  return (
    <section className="card" aria-labelledby="card-title">
      <header className="card-head">
        {onBack != null && (
          <button type="button" className="icon-button" aria-label={t.back} title={t.back} onClick={onBack}>
            <Icon name="back" />
          </button>
        )}
        <div className="card-title">
          {lead}
          <h2 id="card-title" tabIndex={-1} ref={heading}>
            {title}
          </h2>
        </div>
        <button type="button" className="icon-button" aria-label={t.close} title={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="card-body">{children}</div>
    </section>
  );
}
