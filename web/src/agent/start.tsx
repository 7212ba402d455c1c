import type { ReactElement } from "react";

import type { City } from "../api/types.ts";
import { DropZone } from "./batch-card.tsx";
import { useWords } from "./use-words.ts";

/** Degrees and whole minutes, as on a paper map. */
function minutes(value: number, plus: string, minus: string): string {
  const all = Math.round(Math.abs(value) * 60);
  return `${value < 0 ? minus : plus}${String(Math.floor(all / 60))}°${String(all % 60)}′`;
}

/** The middle of the city in some of the notations that are understood. */
function notations({ center: [lon, lat] }: City): string[] {
  const [x, y] = [lon.toFixed(3), lat.toFixed(3)];
  return [`${x},${y}`, `${y} ${x}`, `${minutes(lat, "N", "S")} ${minutes(lon, "E", "W")}`];
}

/** What stands beside the map before anything is asked. */
export function Start({
  city,
  onAsk,
  onFile,
}: {
  city: City | null;
  onAsk: (text: string) => void;
  onFile: (file: File) => void;
}): ReactElement {
  const { words } = useWords();
  const keys = [
    ["/", words.keyFocus],
    ["Enter", words.keyAsk],
    ["1–9", words.keyPick],
    ["C", words.keyCopy],
    ["R", words.keyReported],
    ["Esc", words.keyClear],
  ] as const;
  return (
    <section className="welcome" aria-labelledby="welcome-title">
      <h2 id="welcome-title">{words.startTitle}</h2>
      <p className="faint">{words.start}</p>
      {city !== null && (
        <ul className="matters" aria-label={words.notations}>
          {notations(city).map((text) => (
            <li key={text}>
              <button
                type="button"
                className="matter numbers"
                onClick={() => {
                  onAsk(text);
                }}
              >
                {text}
              </button>
            </li>
          ))}
        </ul>
      )}
      <DropZone onFile={onFile} />
      <dl className="keys" aria-label={words.keys}>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
