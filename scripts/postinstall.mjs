import { markInstalled } from "./bootstrap.mjs";

markInstalled();
