import type { ReactElement } from "react";

import type { Lang } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { LOCALE } from "../i18n/messages.ts";

const LANGS: Lang[] = ["zh", "en"];
const OWN_NAME: Record<Lang, string> = { zh: "中文", en: "English" };

export function TopBar({
  cityName,
  title,
  languages,
  onHome,
  onLang,
}: {
  cityName: string | null;
  /** What this page is. */
  title: string;
  /** Those that the city speaks, once they are known. */
  languages: Lang[] | null;
  onHome: () => void;
  onLang: (lang: Lang) => void;
}): ReactElement {
  const { lang, t } = useI18n();
  return (
    <div className="top-bar">
      <h1>
        <button type="button" onClick={onHome}>
          {cityName !== null && <span className="brand-city">{cityName}</span>}
          <span className="brand-title">{title}</span>
        </button>
      </h1>
      <div className="langs" role="group" aria-label={t.language}>
        {LANGS.filter((code) => languages?.includes(code) ?? true).map((code) => (
          <button
            key={code}
            type="button"
            lang={LOCALE[code]}
            aria-pressed={code === lang}
            onClick={() => {
              onLang(code);
            }}
          >
            {OWN_NAME[code]}
          </button>
        ))}
      </div>
    </div>
  );
}
