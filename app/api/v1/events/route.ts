import { listEventsOperation } from "#lib/doors/native/events.ts";
import { serveNative } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/events", { GET: listEventsOperation });
