import type { components } from "./schema";

type Schemas = components["schemas"];

/** The API's views, under the names that the dashboard uses. */
export type Seat = Schemas["SeatView"];
export type SeatState = Schemas["StatusView"]["state"];
export type Pairing = Schemas["PairingView"];
export type PasskeyOptions = Schemas["PasskeyOptions"];
export type PasskeyAnswer = Schemas["PasskeyAnswer"];
export type History = Schemas["HistoryView"];
export type Contact = Schemas["ContactView"];
export type Conversation = Schemas["ConversationView"];
export type Message = Schemas["MessageView"];
export type Label = Schemas["LabelView"];
export type Presence = Schemas["PresenceView"];
export type OwnDoing = Schemas["OwnState"]["doing"];
export type Media = Schemas["Media"];
export type Delivery = Message["delivery"];
export type Assistant = Pick<Schemas["AssistantView"], "enabled" | "persona" | "business">;
export type Sending = Schemas["SendingView"];
export type SendingSettings = Schemas["SendingSettings"];
export type Me = Schemas["Me"];
export type Status = Schemas["Status"];

/** A part of a list; next_cursor asks for the next one and is empty at the end. */
export interface Page<T> {
  items: T[];
  next_cursor: string;
}
