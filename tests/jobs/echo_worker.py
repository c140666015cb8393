"""What the tests of `explorer.jobs.process` run in a process of its own."""

import os
import signal
import sys
import threading
from pathlib import Path

from explorer.jobs.process import serve
from explorer.jobs.progress import Progress


def answer(request, tell):
    print("a library's chatter")
    if request["do"] == "echo":
        return {"pid": os.getpid(), "text": request["text"], "threads": os.environ.get("OMP_NUM_THREADS")}
    if request["do"] == "say pid":
        for number in range(3):
            tell(Progress("Counting", number, 3, fraction=number / 3))
        Path(request["file"]).write_text(str(os.getpid()))
    elif request["do"] == "read":  # blocks until someone writes into the pipe
        Path(request["file"]).write_text(str(os.getpid()))
        Path(request["pipe"]).read_text()
    elif request["do"] == "block":
        with Path(request["pipe"]).open("w") as pipe:  # open for as long as this process lives
            pipe.write(f"{os.getpid()}\n")
            pipe.flush()
            tell(Progress("Blocking"))
            threading.Event().wait()
    elif request["do"] == "fail":
        raise ValueError("no such thing")
    elif request["do"] == "exit":
        sys.exit(3)
    elif request["do"] == "be killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif request["do"] == "be killed once":
        if not Path(request["file"]).exists():
            Path(request["file"]).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "done by another"
    return None


if __name__ == "__main__":
    serve(answer)
