import { mount } from "../mount.tsx";
import { AnalystApp } from "./analyst-app.tsx";
import "./analyst.css";
import { takeKey } from "./key.ts";

takeKey();
mount(<AnalystApp />);
