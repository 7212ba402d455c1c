/**
 * With what the page and the map's labels are written.
 *
 * Where the machine has a Chinese font, that font is used and nothing is downloaded; the style
 * names no `glyphs`, so that MapLibre draws its labels in the browser too. Where the machine has
 * none, both are written with the font that the page brings along.
 */
import type { StyleSpecification } from "maplibre-gl";

/** The name in the styles' `text-font`; a machine that has this font uses its own. */
const BUNDLED = "Noto Sans SC";

type Ink = (character: string) => number;

/**
 * Whether a machine has a Chinese font, judged by how much ink its characters take. 一 is one
 * stroke, 国 fills its square; the box that stands for a missing character is the same for both.
 */
export function drawsChinese(ink: Ink): boolean {
  const [sparse, dense] = [ink("一"), ink("国")];
  return sparse > 0 && sparse < dense * 0.6;
}

function canvasInk(): Ink {
  const size = 48;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return () => 0;
  context.font = `${String(size * 0.75)}px sans-serif`;
  context.textBaseline = "middle";
  return (character) => {
    context.clearRect(0, 0, size, size);
    context.fillText(character, 2, size / 2);
    const { data } = context.getImageData(0, 0, size, size);
    let sum = 0;
    for (let i = 3; i < data.length; i += 4) sum += data[i] ?? 0;
    return sum;
  };
}

let needed: boolean | null = null;

/** Whether this machine needs the bundled font. */
function needsBundled(): boolean {
  needed ??= !drawsChinese(canvasInk());
  return needed;
}

/** Declares the bundled font to the page, where this machine needs it. */
export async function declarePageFont(): Promise<void> {
  if (!needsBundled()) return;
  document.documentElement.dataset.font = "bundled";
  await import("@fontsource-variable/noto-sans-sc/wght.css");
}

/** The style with the bundled font declared, where this machine needs it. */
export async function withMapFonts(style: StyleSpecification): Promise<StyleSpecification> {
  if (!needsBundled()) return style;
  const { default: faces } = await import("virtual:map-fonts");
  const absolute = faces.map((face) => ({ ...face, url: new URL(face.url, window.location.href).href }));
  return { ...style, "font-faces": { [BUNDLED]: absolute } };
}
