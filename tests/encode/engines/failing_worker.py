"""An encoding process that fails, is killed, or gives values that are no numbers, where a text says so."""

import os
import signal
from pathlib import Path

import numpy as np

from explorer.data.base64_arrays import array_text
from explorer.encode.engines.encoding_worker import Worker
from explorer.jobs.process import serve


class FailingWorker(Worker):
    def __call__(self, request, on_progress):
        texts = [] if request.get("count", True) else request["texts"]
        if "please fail" in texts:
            raise ValueError("no such word")
        if "please die" in texts:
            os.kill(os.getpid(), signal.SIGKILL)
        if "die once" in texts and not Path(os.environ["DIED"]).exists():
            Path(os.environ["DIED"]).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if "no number" in texts:
            return array_text(np.full((len(texts), 16), np.nan, np.float32))
        return super().__call__(request, on_progress)


if __name__ == "__main__":
    serve(FailingWorker())
