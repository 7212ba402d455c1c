import type { ReactElement } from "react";

import type { Service } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";

const SHOWN = 10;

/** The matters that most offices handle, as a first answer to "what can I do here?". */
export function commonMatters(services: readonly Service[]): Service[] {
  const leaves = (list: readonly Service[]): Service[] =>
    list.flatMap((service) => (service.children?.length ? leaves(service.children) : [service]));
  return leaves(services)
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, SHOWN);
}

/** What stands beside the map before anything is chosen. */
export function Welcome({
  services,
  onService,
}: {
  services: Service[];
  onService: (code: string) => void;
}): ReactElement {
  const { t } = useI18n();
  const matters = commonMatters(services);
  return (
    <section className="welcome" aria-labelledby="welcome-title">
      <h2 id="welcome-title">{t.introTitle}</h2>
      {matters.length > 0 && (
        <ul className="matters" aria-label={t.commonMatters}>
          {matters.map(({ code, name }) => (
            <li key={code}>
              <button
                type="button"
                className="matter"
                onClick={() => {
                  onService(code);
                }}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="faint">{t.intro}</p>
    </section>
  );
}
