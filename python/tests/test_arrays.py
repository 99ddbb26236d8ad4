"""Arrays as results: read without needless copies, or mapped into memory where that is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy
import pytest

from keepwell import _core, task
from keepwell.cache_policies import INPUTS
from keepwell.exceptions import SerializationError
from keepwell.serializers import AutoSerializer, CBORSerializer, CompressedSerializer
from keepwell.settings import KEEPWELL_RESULTS_MEMORY_LIMIT, KEEPWELL_RESULTS_MMAP, temporary_settings
from programs import Home

# Below and above what is read in parts, and mapped.
COUNTS = [1_000, 100_000, 2_000_000]
IN_MEMORY = pytest.mark.parametrize("memory_limit", ["0", "256 MiB"], ids=["from the folder", "from memory"])


@pytest.mark.parametrize("shape", [(-1,), (4, -1)])
@pytest.mark.parametrize("count", COUNTS)
@IN_MEMORY
def test_an_array_comes_back_equal_aligned_and_the_users_own(
    count: int, shape: tuple[int, ...], memory_limit: str
) -> None:
    expected = numpy.arange(count, dtype="f8").reshape(shape)

    @task(cache_policy=INPUTS)
    def numbers(seed: int) -> numpy.ndarray:
        return expected

    with temporary_settings({KEEPWELL_RESULTS_MEMORY_LIMIT: memory_limit}):
        numbers(1)
        for _ in range(2):
            found = numbers(1)
            assert found.flags.writeable and found.flags.aligned
            numpy.testing.assert_array_equal(found, expected, strict=True)
            # What the user does to it is seen by nobody else.
            found[:] = 0


def test_a_small_part_of_a_result_does_not_keep_all_of_it() -> None:
    @task(cache_policy=INPUTS)
    def parts(seed: int) -> list[numpy.ndarray]:
        return [numpy.arange(10_000.0), numpy.arange(2_000_000.0)]

    with temporary_settings({KEEPWELL_RESULTS_MEMORY_LIMIT: "0"}):
        parts(1)
        part, _ = parts(1)

    assert part.base is None or part.base.flags.owndata


@pytest.mark.parametrize("count", COUNTS)
@IN_MEMORY
def test_a_mapped_array_is_equal_and_cannot_be_written_to(count: int, memory_limit: str) -> None:
    expected = numpy.arange(count, dtype="f8").reshape(2, -1)

    @task(cache_policy=INPUTS, result_serializer=AutoSerializer(mmap=True))
    def numbers(seed: int) -> numpy.ndarray:
        return expected

    with temporary_settings({KEEPWELL_RESULTS_MEMORY_LIMIT: memory_limit}):
        numbers(1)
        found = numbers(1)

    numpy.testing.assert_array_equal(found, expected, strict=True)
    assert found.sum() == expected.sum()
    if count > COUNTS[0]:
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 1


def mapped_files(folder: Path) -> int:
    return sum(str(folder) in line for line in Path("/proc/self/maps").read_text().splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells what is mapped")
@pytest.mark.parametrize("serializer", [AutoSerializer(mmap=True), CBORSerializer(mmap=True)])
def test_a_mapped_result_is_mapped_as_long_as_it_is_held(
    serializer: AutoSerializer | CBORSerializer, home: Path
) -> None:
    @task(cache_policy=INPUTS, result_serializer=serializer, cache_result_in_memory=False)
    def numbers(seed: int) -> numpy.ndarray:
        return numpy.arange(100_000.0)

    numbers(1)
    assert mapped_files(home) == 0
    found = numbers(1)
    assert mapped_files(home) == 1
    del found
    assert mapped_files(home) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells what is mapped")
def test_the_setting_maps_results_and_a_task_can_say_otherwise(home: Path) -> None:
    def numbers(seed: int) -> numpy.ndarray:
        return numpy.arange(100_000.0)

    by_setting = task(cache_policy=INPUTS, cache_result_in_memory=False)(numbers)
    never = by_setting.with_options(result_serializer=AutoSerializer(mmap=False))

    with temporary_settings({KEEPWELL_RESULTS_MMAP: True}):
        by_setting(1)
        found = by_setting(1)
        assert (mapped_files(home), found.flags.writeable) == (1, False)
        other = never(1)
        assert (mapped_files(home), other.flags.writeable) == (1, True)


def test_a_mapped_array_stays_when_its_record_is_replaced_or_removed(home: Path) -> None:
    @task(cache_policy=INPUTS, result_serializer=AutoSerializer(mmap=True), cache_result_in_memory=False)
    def numbers(seed: int) -> numpy.ndarray:
        return content[0]

    content = [numpy.arange(100_000.0)]
    numbers(1)
    first = numbers(1)
    content[0] = content[0] + 1
    numbers.with_options(refresh_cache=True)(1)
    second = numbers(1)
    for blob in home.rglob("blobs/*/*"):
        blob.unlink()

    numpy.testing.assert_array_equal(first, numpy.arange(100_000.0))
    numpy.testing.assert_array_equal(second, numpy.arange(100_000.0) + 1)


def test_a_compressed_result_is_read_where_mapping_is_asked_for() -> None:
    @task(
        cache_policy=INPUTS,
        result_serializer=CompressedSerializer(serializer=AutoSerializer(mmap=True)),
        cache_result_in_memory=False,
    )
    def numbers(seed: int) -> numpy.ndarray:
        return numpy.zeros(100_000)

    numbers(1)
    numpy.testing.assert_array_equal(numbers(1), numpy.zeros(100_000))


def test_bytes_never_become_an_array_of_objects() -> None:
    for description in ["|O", "|V0"]:
        element = _core.encode_value(description)
        bytes_of_zeros = b"\x5a" + (800_000).to_bytes(4, "big") + bytes(800_000)
        kept = _core.encode_value(numpy.zeros(100_000, "M8[s]"))
        head, _, _ = kept.partition(_core.encode_value("<M8[s]"))
        forged = head + element + b"\x81\x1a" + (100_000).to_bytes(4, "big") + bytes_of_zeros
        with pytest.raises(SerializationError):
            _core.decode_value(forged)


MAPPING = """
import numpy
from keepwell import task
from keepwell.cache_policies import INPUTS
from keepwell.serializers import AutoSerializer

@task(cache_policy=INPUTS, result_serializer=AutoSerializer(mmap=True))
def numbers(count):
    print("computed")
    return numpy.arange(count)

print(numbers(100_000).sum())
"""


def test_another_process_maps_what_one_has_kept(tmp_path: Path) -> None:
    user = Home(tmp_path)
    program = tmp_path / "program.py"
    program.write_text(MAPPING, encoding="utf-8")

    assert user.run(program).printed == ["computed", "4999950000"]
    assert user.run(program).printed == ["4999950000"]
