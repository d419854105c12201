// A message from outside, before anything in it is believed.

export interface InboundMessage {
  /** The address it was sent to, on our configured origin, with its query. */
  readonly url: string;
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** The database's time of arrival (UTC). */
  readonly receivedAt: Date;
}
