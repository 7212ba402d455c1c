import { mount } from "../mount.tsx";
import { takeKey } from "../tickets/key.ts";
import { AgentApp } from "./agent-app.tsx";
import "../styles/tickets.css";
import "./agent.css";
import "./reported.css";

takeKey();
mount(<AgentApp />);
