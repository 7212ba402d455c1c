import type { ReactElement } from "react";

import type { Channel, HandledService, Reservation } from "../api/types.ts";
import { useI18n } from "../i18n/context.tsx";
import { formatClock, formatDay } from "../i18n/format.ts";
import { Icon, type StrokeName } from "../ui/icon.tsx";
import { dialled, grouped, hostOf, leadText, safeLink, slotTime, whoText } from "./booking.ts";

const CHANNEL_ICON: Record<Channel, StrokeName> = {
  reservation: "calendar",
  website: "globe",
  phone: "phone",
};

/** How to get something done at an office: booking, website, telephone. */
export function BookingSection({
  reservations,
  services,
}: {
  reservations: Reservation[];
  /** What the office handles, to name the one that a link is for. */
  services: HandledService[];
}): ReactElement {
  const { t } = useI18n();
  const groups = grouped(reservations);
  return (
    <section className="section booking">
      <h3>{t.howToBook}</h3>
      {groups.length === 0 && <p className="faint">{t.noBooking}</p>}
      {groups.map(({ channel, entries }) => (
        <div key={channel} className="booking-group">
          <h4>
            <Icon name={CHANNEL_ICON[channel]} />
            {t.channel[channel]}
          </h4>
          <ul>
            {entries.map((entry) => (
              <li key={entry.id}>
                <Entry
                  entry={entry}
                  matter={services.find(({ code }) => code === entry.service)?.name ?? null}
                />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function Entry({ entry, matter }: { entry: Reservation; matter: string | null }): ReactElement {
  const { lang, t } = useI18n();
  const { label, channel, phone, status, deep, url, next_slot: slot } = entry;
  const [who, lead] = [whoText(entry.who, t), leadText(entry.lead, t)];
  const host = hostOf(url);
  const link = safeLink(entry.href ?? url);
  const calendar = safeLink(slot?.calendar);

  if (channel === "phone") {
    return phone == null ? (
      <span>{label}</span>
    ) : (
      <a className="booking-link" href={dialled(phone)}>
        <span className="booking-label">{phone}</span>
        <span className="booking-facts">{label}</span>
      </a>
    );
  }

  // A link that is known to be dead is said, not offered.
  const usable = link !== null && status !== "dead";
  const honesty = [
    deep === true ? t.deepLink : t.frontPage,
    entry.checked_at == null || status === "unchecked" || status === "failing"
      ? t.status[status]
      : t.checkedAt(formatDay(entry.checked_at, lang)),
    deep === true ? null : t.frontPageNote,
  ].filter((part) => part !== null);

  const body = (
    <>
      <span className="booking-label">
        {label}
        {usable && <Icon name="out" />}
      </span>
      <span className="booking-facts">
        {host !== null && <span className="host">{host}</span>}
        {slot != null && (
          <span>{t.nextSlot(slotTime(slot.start, lang), formatClock(slot.observed_at, lang))}</span>
        )}
        <span>{status === "dead" ? t.status.dead : honesty.join(" · ")}</span>
      </span>
    </>
  );

  return (
    <>
      {usable ? (
        <a
          className={`booking-link${channel === "reservation" ? " primary" : ""}`}
          href={link}
          target="_blank"
          rel="noopener noreferrer"
          title={t.follow(label, host)}
        >
          {body}
        </a>
      ) : (
        <div className="booking-link dead">{body}</div>
      )}
      {calendar !== null && (
        <p className="booking-terms">
          <a href={calendar} download>
            {t.toCalendar}
          </a>
        </p>
      )}
      {[matter, who, lead, phone].some((term) => term != null) && (
        <p className="booking-terms">
          <Term name={t.forMatter} value={matter} />
          <Term name={t.who} value={who} />
          <Term name={t.lead} value={lead} />
          {phone != null && <a href={dialled(phone)}>{phone}</a>}
        </p>
      )}
    </>
  );
}

function Term({ name, value }: { name: string; value: string | null | undefined }): ReactElement | null {
  const { lang } = useI18n();
  if (value == null) return null;
  return (
    <span>
      {name}
      {lang === "zh" ? "：" : ": "}
      {value}
    </span>
  );
}
