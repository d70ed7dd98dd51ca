/** Progress of long work: one line that changes on a terminal, plain lines anywhere else. */

import { styled } from "./output.ts";

export interface Progress {
  /** What is being done now. */
  step(what: string): void;
  /** Ends the line. */
  done(what: string): void;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMilliseconds = 80;

export function progress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? spinner(stream) : plainLines(stream);
}

function plainLines(stream: NodeJS.WriteStream): Progress {
  return {
    step: (what) => void stream.write(`starting ${what} ...\n`),
    done: (what) => void stream.write(`${what}\n`),
  };
}

function spinner(stream: NodeJS.WriteStream): Progress {
  let current = "";
  let frame = 0;
  const draw = () => {
    frame = (frame + 1) % frames.length;
    stream.write(`\r\x1b[K${styled("cyan", frames[frame] ?? "", stream)} starting ${current}`);
  };
  const timer = setInterval(draw, frameMilliseconds);
  timer.unref();
  return {
    step: (what) => {
      current = what;
      draw();
    },
    done: (what) => {
      clearInterval(timer);
      stream.write(`\r\x1b[K${styled("green", "✓", stream)} ${what}\n`);
    },
  };
}
