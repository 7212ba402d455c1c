import type { ReactElement } from "react";

import type { DivisionRef, PointFeature } from "../api/types.ts";
import type { Resource } from "../api/use-resource.ts";
import { useI18n } from "../i18n/context.tsx";
import { formatDay } from "../i18n/format.ts";
import { Card } from "../ui/card.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { CategoryDisc } from "../ui/icon.tsx";
import { MatterList } from "../ui/matter-list.tsx";
import { Failure, Loading } from "../ui/notice.tsx";
import { BookingSection } from "./booking-section.tsx";
import { dialled, safeLink } from "./booking.ts";
import { Navigation } from "./navigation.tsx";
import { OpeningLine } from "./opening-line.tsx";

/** Everything that is known about one service point, and nothing that is not. */
export function PointCard({
  point,
  onClose,
  onBack,
  onService,
  onDivision,
}: {
  point: Resource<PointFeature> & { retry: () => void };
  onClose: () => void;
  onBack: (() => void) | null;
  onService: (code: string) => void;
  onDivision: (code: string) => void;
}): ReactElement {
  const { lang, t } = useI18n();
  if (point.status !== "ready") {
    return (
      <Card title={t.selected} onClose={onClose} onBack={onBack} takeFocus={false}>
        {point.status === "failed" ? <Failure problem={point.problem} retry={point.retry} /> : <Loading />}
      </Card>
    );
  }

  const properties = point.value.properties;
  const { category, divisions, source, aliases = [], accessibility, address, services } = properties;
  const belongs = [divisions.county, divisions.localadmin, divisions.neighbourhood].filter(
    (division) => division != null,
  );
  const phones = [properties.phone ?? []].flat();

  return (
    <Card
      key={properties.id}
      title={properties.name}
      lead={
        <span className="card-kind">
          <CategoryDisc icon={category.icon ?? "marker"} color={category.color ?? null} />
          {category.name}
        </span>
      }
      onClose={onClose}
      onBack={onBack}
    >
      {belongs.length > 0 && <Belongs divisions={belongs} onDivision={onDivision} />}
      <OpeningLine open={properties.open} hours={properties.opening_hours} />

      <dl className="facts">
        <dt>{t.address}</dt>
        <dd className={address === null ? "faint" : undefined}>{address ?? t.noAddress}</dd>
        {phones.length > 0 && (
          <>
            <dt>{t.phone}</dt>
            <dd>
              {phones.map((phone) => (
                <a key={phone} href={dialled(phone)}>
                  {phone}
                </a>
              ))}
            </dd>
          </>
        )}
        {aliases.length > 0 && (
          <>
            <dt>{t.aliases}</dt>
            <dd>{aliases.join(lang === "zh" ? "、" : ", ")}</dd>
          </>
        )}
        {accessibility.length > 0 && (
          <>
            <dt>{t.accessibility}</dt>
            <dd>{accessibility.join(lang === "zh" ? "、" : ", ")}</dd>
          </>
        )}
      </dl>

      <Navigation links={properties.navigation ?? []} />

      <BookingSection reservations={properties.reservations} services={services} />

      {services.length > 0 && (
        <section className="section">
          <h3>{t.matters}</h3>
          <MatterList matters={services} onService={onService} />
          {services.some(({ basis }) => basis === "typical") && <p className="faint">{t.typicalNote}</p>}
        </section>
      )}

      <footer className="card-foot">
        <p className="faint">
          {t.source}
          {lang === "zh" ? "：" : ": "}
          <SourceName source={source} />
          {[
            properties.licence ?? source?.licence,
            properties.observed_at === null ? null : t.observed(formatDay(properties.observed_at, lang)),
          ]
            .filter((part) => part != null)
            .map((part) => ` · ${part}`)
            .join("")}
        </p>
        <CopyButton icon="link" label={t.share} text={() => window.location.href} />
      </footer>
    </Card>
  );
}

function SourceName({ source }: { source: PointFeature["properties"]["source"] }): ReactElement {
  const link = safeLink(source?.url);
  if (source === null) return <>—</>;
  return link === null ? (
    <>{source.name}</>
  ) : (
    <a href={link} target="_blank" rel="noopener noreferrer">
      {source.name}
    </a>
  );
}

function Belongs({
  divisions,
  onDivision,
}: {
  divisions: DivisionRef[];
  onDivision: (code: string) => void;
}): ReactElement {
  const { t } = useI18n();
  return (
    <p className="belongs">
      <span className="off-screen">{t.belongs} </span>
      {divisions.map(({ code, name, quality }) => (
        <span key={code}>
          <button
            type="button"
            className="link"
            onClick={() => {
              onDivision(code);
            }}
          >
            {name}
          </button>
          {quality === "approximate" && (
            <span className="tag approximate" title={t.approximateNote}>
              {t.quality.approximate}
            </span>
          )}
        </span>
      ))}
    </p>
  );
}
