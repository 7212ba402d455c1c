/** The words that the pages about tickets share. */
import type { Lang } from "../api/types.ts";
import type { Status } from "./status.ts";

const zh = {
  synthetic: "合成数据",
  syntheticNote: "这些诉求是程序生成的，不是市民的真实诉求。",
  statuses: {
    open: "待派单",
    dispatched: "已派单",
    accepted: "已接单",
    responded: "已答复",
    closed: "已办结",
    returned: "已退回",
  } satisfies Record<Status, string>,
  key: "访问密钥",
  keyHint: "smk_…",
  enter: "进入",
  wrongKey: "此密钥无效，或已被撤销。",
  forget: "更换密钥",
  loading: "服务器正在载入数据，稍后自动重试。",
};

/** The Chinese table is the original: its shape is what every other language has to fill. */
export type TicketMessages = typeof zh;

const en: TicketMessages = {
  synthetic: "Synthetic data",
  syntheticNote: "These requests are made up by a program; no citizen has made them.",
  statuses: {
    open: "Open",
    dispatched: "Dispatched",
    accepted: "Accepted",
    responded: "Responded",
    closed: "Closed",
    returned: "Returned",
  },
  key: "Access key",
  keyHint: "smk_…",
  enter: "Enter",
  wrongKey: "This key does not hold, or no longer does.",
  forget: "Use another key",
  loading: "The server is loading; this page tries again by itself.",
};

export const TICKET_MESSAGES: Record<Lang, TicketMessages> = { zh, en };
