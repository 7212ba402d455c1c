import type { ReactElement } from "react";

import type { Service } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { MatterList } from "../ui/matter-list.tsx";

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
      {matters.length > 0 && <MatterList matters={matters} label={t.commonMatters} onService={onService} />}
      <p className="faint">{t.intro}</p>
    </section>
  );
}
