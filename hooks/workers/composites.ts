/** The Workers family. */

import { jobBuilder } from "./job-builder.ts";
import { workerAccount } from "./worker-account.ts";
import { workerBundle } from "./worker-bundle.ts";
import { workerDeployment } from "./worker-deployment.ts";
import { workerRelease } from "./worker-release.ts";

export const workersComposites = [workerAccount, workerDeployment, workerRelease, jobBuilder, workerBundle];
