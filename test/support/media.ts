import { join } from "node:path";
import { loadMedia, type Media } from "../../cli/demo/media.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

/** Films and stills of real people, from the cache that the demonstration uses. */
export const media: Media = await loadMedia(() => undefined);

/** The labelled faces for evaluation; they lie beside the repository and are not everywhere. */
export const FACES = join(PACKAGE_FOLDER, "..", "shared", "faces");
