import type { ReactElement } from "react";

import type { NavigationLink } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { mapLink } from "./booking.ts";

/** The way there in other maps. */
export function Navigation({ links }: { links: readonly NavigationLink[] }): ReactElement | null {
  const { t } = useI18n();
  const safe = links.flatMap((link) => {
    const href = mapLink(link.href);
    return href === null ? [] : [{ ...link, href }];
  });
  if (safe.length === 0) return null;
  return (
    <p className="navigation">
      <span className="faint">{t.wayThere}</span>
      {safe.map(({ id, label, href }) => (
        <a key={id} href={href} target={id === "geo" ? undefined : "_blank"} rel="noopener noreferrer">
          {label}
        </a>
      ))}
    </p>
  );
}
