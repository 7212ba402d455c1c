import { useState, type ReactElement } from "react";

import type { LonLat } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { Icon } from "./icon.tsx";

/** Zoom, and "where am I" where somebody wants to know. */
export function MapButtons({
  onZoom,
  onPosition,
}: {
  onZoom: (steps: number) => void;
  onPosition?: ((at: LonLat) => void) | undefined;
}): ReactElement {
  const { t } = useI18n();
  const [failed, setFailed] = useState(false);
  // Browsers give a position to secure pages only: elsewhere the button could but fail.
  const locatable = window.isSecureContext && "geolocation" in navigator;
  return (
    <div className="map-buttons">
      {failed && (
        <p className="map-hint" role="alert">
          {t.noPosition}
        </p>
      )}
      {onPosition !== undefined && locatable && (
        <button
          type="button"
          className="icon-button"
          aria-label={t.myPlace}
          title={t.myPlace}
          onClick={() => {
            setFailed(false);
            navigator.geolocation.getCurrentPosition(
              ({ coords }) => {
                onPosition([coords.longitude, coords.latitude]);
              },
              () => {
                setFailed(true);
              },
              { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
            );
          }}
        >
          <Icon name="target" />
        </button>
      )}
      <div className="zoom">
        <button
          type="button"
          className="icon-button"
          aria-label={t.zoomIn}
          title={t.zoomIn}
          onClick={() => {
            onZoom(1);
          }}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={t.zoomOut}
          title={t.zoomOut}
          onClick={() => {
            onZoom(-1);
          }}
        >
          <Icon name="minus" />
        </button>
      </div>
    </div>
  );
}
