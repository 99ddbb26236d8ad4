"""The seed, introduction: by default a call is known by its inputs, its code and its flow run."""

from keepwell import flow, task


@task(persist_result=True)
def square(x):
    print(f"squaring {x}")
    return x * x


@flow
def squares():
    square(3)
    square(3) # does not run
    square(4)


squares()
squares()
