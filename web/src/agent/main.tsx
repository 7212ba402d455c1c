import { mount } from "../mount.tsx";
import { AgentApp } from "./agent-app.tsx";
import "./agent.css";

mount(<AgentApp />);
