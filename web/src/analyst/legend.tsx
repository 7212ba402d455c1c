import type { CSSProperties, ReactElement } from "react";

import { formatDistance } from "../i18n/format.ts";
import type { Scale } from "../map/density.ts";
import { classesOf, coloursOf, RAMP } from "../map/scale.ts";
import type { View } from "../state/address.ts";
import { cellMetres, pixelMetres } from "./metres.ts";
import { useWords } from "./use-words.ts";

/** What the colours stand for, in numbers. */
export function Legend({
  scale,
  view,
  grid,
  synthetic,
}: {
  scale: Scale | null;
  view: View | null;
  grid: number;
  synthetic: boolean;
}): ReactElement | null {
  const { lang, words, count } = useWords();
  if (scale === null || view === null) return null;
  const title =
    scale.layer === "cell"
      ? words.legendCell(formatDistance(cellMetres(view, grid), lang))
      : words.legendHeat(formatDistance(pixelMetres(view) * scale.radius, lang));
  return (
    <aside className="legend" aria-label={title}>
      <p>{title}</p>
      {scale.layer === "cell" ? (
        <ol className="legend-classes">
          {classesOf(scale.breaks).map(({ from, to }, i, all) => (
            <li
              key={from}
              style={{ "--swatch": coloursOf(all.length, RAMP[scale.scheme])[i] } as CSSProperties}
            >
              {to === null ? `≥ ${count(from)}` : to === from ? count(from) : `${count(from)}–${count(to)}`}
            </li>
          ))}
        </ol>
      ) : (
        <div className="legend-heat">
          <span
            className="legend-ramp"
            style={
              { "--ramp": coloursOf(scale.breaks.length, RAMP[scale.scheme]).join(", ") } as CSSProperties
            }
          />
          {scale.breaks.map((at, i, all) => (
            <span key={at}>{`${i === all.length - 1 ? "≥ " : ""}${count(at)}`}</span>
          ))}
        </div>
      )}
      {synthetic && (
        <p className="synthetic" title={words.syntheticNote}>
          {words.synthetic}
        </p>
      )}
    </aside>
  );
}
