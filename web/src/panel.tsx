import type { ReactElement } from "react";

import type { SearchResult } from "./api/types.ts";
import { JurisdictionCard } from "./cards/jurisdiction-card.tsx";
import { OfficeList, SearchList } from "./cards/list-card.tsx";
import { PointCard } from "./cards/point-card.tsx";
import { Welcome } from "./cards/welcome.tsx";
import { useI18n } from "./i18n/context.tsx";
import { NOTHING_CHOSEN } from "./search/choose.ts";
import { findNode } from "./state/tree.ts";
import type { Answers } from "./state/use-answers.ts";
import type { PageState } from "./state/url.ts";

/** What stands beside the map: the one card that the page's state asks for. */
export function Panel({
  state,
  answers,
  go,
  onChoose,
  onWiden,
}: {
  state: PageState;
  answers: Answers;
  go: (change: Partial<PageState>) => void;
  onChoose: (result: SearchResult) => void;
  onWiden: () => void;
}): ReactElement {
  const { categories, services, pointCard, location, outlineFeature, results, listed } = answers;

  const close = (): void => {
    go(NOTHING_CHOSEN);
  };
  const onPoint = (point: string): void => {
    go({ point, at: null });
  };
  const onService = (service: string): void => {
    go({ ...NOTHING_CHOSEN, service });
  };
  const onDivision = (division: string): void => {
    go({ ...NOTHING_CHOSEN, division });
  };

  if (state.point !== null) {
    const fromList = [state.text, state.category, state.service, state.division].some(
      (part) => part !== null,
    );
    const onBack = (): void => {
      go({ point: null });
    };
    return (
      <PointCard
        point={pointCard}
        onClose={close}
        onBack={fromList ? onBack : null}
        onService={onService}
        onDivision={onDivision}
      />
    );
  }
  if (state.at !== null) {
    return <JurisdictionCard at={state.at} location={location} onClose={close} onDivision={onDivision} />;
  }
  if (state.division !== null || state.category !== null || state.service !== null) {
    const matter = state.service === null ? null : findNode(services.value ?? [], state.service);
    const category = state.category === null ? null : findNode(categories.value ?? [], state.category);
    const division = state.division === null ? null : outlineFeature.value?.properties;
    const title = [matter?.name, category?.name, division?.name].filter((part) => part != null).join(" · ");
    return (
      <OfficeList
        title={title === "" ? "…" : title}
        lead={<ListLead state={state} approximate={division?.quality === "approximate"} />}
        points={listed}
        scope={state.division === null ? "view" : "division"}
        onClose={close}
        onPoint={onPoint}
        onWiden={onWiden}
      />
    );
  }
  if (state.text !== null) {
    return <SearchList text={state.text} results={results} onClose={close} onChoose={onChoose} />;
  }
  return <Welcome services={services.value ?? []} onService={onService} />;
}

/** What a list is of, above its title. */
function ListLead({
  state: { service, division },
  approximate,
}: {
  state: PageState;
  approximate: boolean;
}): ReactElement | null {
  const { t } = useI18n();
  if (service !== null) return <span className="card-kind">{t.handledBy}</span>;
  if (division === null) return null;
  return (
    <span className="card-kind">
      {t.officesHere}
      {approximate && (
        <span className="tag approximate" title={t.approximateNote}>
          {t.quality.approximate}
        </span>
      )}
    </span>
  );
}
