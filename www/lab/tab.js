/** The program of `tab.html`: hands the laboratory, whose page it stands in, what it needs to open a queue here. */
import { openTab } from "./lab-tab.js";

globalThis.openTab = openTab;
