"""Without a policy the key is made of inputs, the task's code and the flow run: hits within a flow run, none across."""

from keepwell import flow, task


@task(persist_result=True)
def square(x: int) -> int:
    print(f"squaring {x}")
    return x * x


@flow
def squares() -> None:
    square(3)
    square(3)  # does not run
    square(4)


if __name__ == "__main__":
    squares()
    squares()  # a flow run of its own: squares 3 and 4 again
