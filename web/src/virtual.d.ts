declare module "virtual:map-fonts" {
  /** The bundled font's files; see `vite/map-fonts.ts`. */
  const faces: { url: string; "unicode-range": string[] }[];
  export default faces;
}
