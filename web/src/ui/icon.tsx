import type { CSSProperties, ReactElement } from "react";

/** A Maki icon in the colour of the text around it. */
export function MakiIcon({ name }: { name: string }): ReactElement {
  // A name comes from the city's data and ends up in a style: only what a file name can hold.
  const file = /^[\w-]+$/.test(name) ? name : "marker";
  const style: CSSProperties = { maskImage: `url("/icons/${file}.svg")` };
  return <span className="maki" style={style} aria-hidden="true" />;
}

/** A Maki icon on a disc of its category's colour, as the map draws it. */
export function CategoryDisc({ icon, color }: { icon: string; color: string | null }): ReactElement {
  return (
    <span className="disc" style={color === null ? undefined : { backgroundColor: color }} aria-hidden="true">
      <MakiIcon name={icon} />
    </span>
  );
}

const STROKES = {
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.300 15.300 20 20",
  close: "M6 6l12 12M18 6 6 18",
  back: "M14.500 5.500 8 12l6.500 6.500",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  play: "M8 5.500v13l10.500-6.500z",
  pause: "M8.500 6v12M15.500 6v12",
  stepBack: "M17 6v12l-8.500-6zM6.500 6v12",
  stepOn: "M7 6v12l8.500-6zM17.500 6v12",
  target: "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM12 2v4M12 18v4M2 12h4M18 12h4",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  download: "M12 4v11M7 10.500l5 5 5-5M5 20h14",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1",
  check: "M5 12.500 10 17.500 19 7",
  out: "M9 5H5v14h14v-4M13 5h6v6M19 5l-9 9",
  phone:
    "M6 3.500h3.200l1.600 4.200-2.100 1.500a11 11 0 0 0 5.100 5.100l1.500-2.100 4.200 1.600V17c0 2-1.500 3.500-3.500 3.500C9.500 20 4 14.500 3.500 7 3.500 5 4.500 3.500 6 3.500z",
  calendar: "M4 6h16v14H4zM4 10h16M8 3.500V7M16 3.500V7",
  globe:
    "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM3.500 12h17M12 3.500c3 2.500 3 14.500 0 17M12 3.500c-3 2.500-3 14.500 0 17",
} as const;

export type StrokeName = keyof typeof STROKES;

/** One of the page's own signs. */
export function Icon({ name }: { name: StrokeName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={STROKES[name]} />
    </svg>
  );
}
