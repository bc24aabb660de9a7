"""Hands files to a reader process and says what became of each, also when the reader is gone."""

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

DOOR = Path(__file__).with_name("door.py")
TIME_LIMIT_S = 30


class Reader:
    def __init__(self):
        self.process = None

    def start(self):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, DOOR],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self.lines = queue.Queue()
        stream, lines = self.process.stdout, self.lines

        def listen():
            for line in stream:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=listen, daemon=True).start()

    def ask(self, fmt, path):
        if self.process is None:
            self.start()
        job = json.dumps({"format": fmt, "path": str(path)}) + "\n"
        self.process.stdin.write(job.encode())
        self.process.stdin.flush()
        try:
            line = self.lines.get(timeout=TIME_LIMIT_S)
        except queue.Empty:
            self.stop()
            return {"status": "no answer"}
        if line is None:
            code = self.process.wait()
            self.process = None
            return {"status": "lost", "code": code}
        return json.loads(line)

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None
