/** The Buildbarn family. */

import { buildbarnBrowser } from "./buildbarn-browser.ts";
import { buildbarnFrontend } from "./buildbarn-frontend.ts";
import { buildbarnScheduler } from "./buildbarn-scheduler.ts";
import { buildbarnStorage } from "./buildbarn-storage.ts";
import { buildbarnWorker } from "./buildbarn-worker.ts";

export const buildbarnComposites = [
  buildbarnStorage,
  buildbarnScheduler,
  buildbarnFrontend,
  buildbarnBrowser,
  buildbarnWorker,
];
