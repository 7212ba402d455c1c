import { mount } from "../mount.tsx";
import { takeKey } from "../tickets/key.ts";
import { AnalystApp } from "./analyst-app.tsx";
import "../styles/tickets.css";
import "./analyst.css";
import "./panel.css";
import "./legend.css";
import "./dock.css";

takeKey();
mount(<AnalystApp />);
