# category: honest
# program: dataclasses, enums, typing, abstract classes
# kind: stdin
# expect: Point(x=1, y=2) RED 3
import abc, dataclasses, enum, typing
@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 2
class Colour(enum.Enum):
    RED = 1
class Base(abc.ABC):
    @abc.abstractmethod
    def size(self) -> int: ...
class One(Base):
    def size(self) -> typing.Optional[int]:
        return 3
print(Point(1), Colour.RED.name, One().size())
