import math

import pytest

from explorer.errors import NotEnoughMemoryError
from explorer.jobs import memory_limit
from explorer.jobs.memory_limit import memory_left, require_memory
from explorer.jobs.process import WorkerProcesses

MB = 1_000_000
IN_USE = 40  # MB of libraries
UNLIMITED_V1 = 9_223_372_036_854_771_712


def system(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def machine(available=8_192_000, swap=0):
    return {"proc/meminfo": f"MemTotal: 9999999 kB\nMemAvailable: {available} kB\nSwapFree: {swap} kB\n"}


def v1(folder, limit, used, shared=0):
    """A group of version 1; its page cache can be dropped and does not count."""
    stat = f"cache {800 * MB}\nrss 5\ntotal_rss {used * MB}\ntotal_shmem {shared * MB}\n"
    return {f"{folder}/memory.limit_in_bytes": f"{limit}\n", f"{folder}/memory.stat": stat}


def v2(folder, limit, used, shared=0):
    """A group of version 2."""
    stat = f"anon {used * MB}\nfile {800 * MB}\nshmem {shared * MB}\n"
    return {f"{folder}/memory.max": f"{limit}\n", f"{folder}/memory.stat": stat}


def left_mb(root):
    return memory_left(root) / MB


def test_without_a_limit_it_is_what_the_machine_has_and_its_swap(tmp_path):
    assert left_mb(system(tmp_path, machine(1_000_000, 500_000))) == pytest.approx(1536 - IN_USE)


def test_a_system_that_does_not_tell_has_no_limit(tmp_path):
    assert memory_left(tmp_path) == math.inf


def test_the_limit_of_a_group_of_version_1(tmp_path):
    files = {"proc/self/cgroup": "5:cpu:/\n4:hugetlb,memory:/app/one\n0::/\n"}
    root = system(tmp_path, machine() | files | v1("sys/fs/cgroup/memory/app/one", 690 * MB, 400, shared=10))
    assert left_mb(root) == 690 - 410 - IN_USE


def test_the_limit_of_a_group_of_version_2(tmp_path):
    files = {"proc/self/cgroup": "0::/app.slice/one\n"}
    root = system(tmp_path, machine() | files | v2("sys/fs/cgroup/app.slice/one", 690 * MB, 400, shared=10))
    assert left_mb(root) == 690 - 410 - IN_USE


def test_a_group_above_can_have_less(tmp_path):
    files = {"proc/self/cgroup": "0::/above/own\n"} | v2("sys/fs/cgroup/above/own", "max", 100)
    root = system(tmp_path, machine() | files | v2("sys/fs/cgroup/above", 500 * MB, 300))
    assert left_mb(root) == 200 - IN_USE


def test_a_container_sees_its_group_at_the_root(tmp_path):
    files = {"proc/self/cgroup": "4:memory:/docker/4f2a\n"} | v1("sys/fs/cgroup/memory", 690 * MB, 200)
    assert left_mb(system(tmp_path, machine() | files)) == 490 - IN_USE


@pytest.mark.parametrize(
    "group", [v1("sys/fs/cgroup/memory", UNLIMITED_V1, 1), v2("sys/fs/cgroup", "max", 1)]
)
def test_a_group_without_a_limit_has_that_of_the_machine(tmp_path, group):
    files = {"proc/self/cgroup": "4:memory:/\n0::/\n"} | group
    assert left_mb(system(tmp_path, machine(1_000_000) | files)) == 1024 - IN_USE


def test_a_group_over_its_limit_has_nothing_left(tmp_path):
    files = {"proc/self/cgroup": "0::/\n"} | v2("sys/fs/cgroup", 100 * MB, 99)
    assert left_mb(system(tmp_path, machine() | files)) == 0


def test_work_that_fits_is_not_refused(memory_of):
    memory_of(100)
    require_memory(100 * MB, "A map", "Use fewer rows.")


def test_work_that_does_not_fit_says_what_it_needs_and_what_there_is(memory_of):
    memory_of(99)
    with pytest.raises(NotEnoughMemoryError) as refused:
        require_memory(1_200 * MB, "A map of 90,000 rows", "Use fewer rows.")
    assert str(refused.value) == (
        "A map of 90,000 rows needs about 1,200 MB of memory, and this server has 99 MB left. Use fewer rows."
    )


def test_a_group_may_have_any_name(tmp_path):
    files = {"proc/self/cgroup": "0::/größe\n"} | v2("sys/fs/cgroup/größe", 100 * MB, 50)
    assert left_mb(system(tmp_path, machine() | files)) == 10


def test_idle_processes_end_before_work_is_refused(monkeypatch):
    processes = WorkerProcesses("a layout", "explorer.analysis.layout_worker", idle_seconds=60)
    processes.prepare()
    assert processes.has_idle
    monkeypatch.setattr(memory_limit, "memory_left", lambda: MB * (50 if processes.has_idle else 120))
    require_memory(100 * MB, "A map", "Use fewer rows.")
    assert not processes.has_idle


def test_memory_that_was_freed_is_given_back_before_work_is_refused(monkeypatch):
    left = [50 * MB]
    monkeypatch.setattr(memory_limit, "memory_left", lambda: left[0])
    monkeypatch.setattr(memory_limit, "return_freed_memory", lambda: left.__setitem__(0, 200 * MB))
    require_memory(100 * MB, "A map", "Use fewer rows.")
    assert left == [200 * MB]
