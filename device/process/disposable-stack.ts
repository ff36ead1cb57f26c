export { atMost, openResources, type Resources } from "../../protocol/common/disposable-stack.ts";
