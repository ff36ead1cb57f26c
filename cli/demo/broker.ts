export { type EmbeddedBroker, startBroker } from "../../gateway/process/embedded-broker.ts";
