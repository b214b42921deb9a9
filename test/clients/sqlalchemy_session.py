"""What SQLAlchemy makes of a server, with one of its drivers: prints what it saw as one JSON object.

Usage: sqlalchemy_session.py psycopg2|psycopg|asyncpg HOST PORT DATABASE OPTIONS [SQL to run first]
OPTIONS are libpq's (`-c name=value`), or empty.
"""

import asyncio
import datetime
import decimal
import json
import sys
import uuid
from typing import List, Optional

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

DRIVER, HOST, PORT, DATABASE, OPTIONS, *FIRST_SQL = sys.argv[1:]
URL = sa.URL.create(f"postgresql+{DRIVER}", "tester", host=HOST, port=int(PORT), database=DATABASE)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    born: Mapped[Optional[datetime.date]]
    books: Mapped[List["Book"]] = relationship(
        back_populates="author", order_by="Book.title", primaryjoin="Author.id == foreign(Book.author_id)"
    )


class Book(Base):
    __tablename__ = "books"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(10, 2))
    facts: Mapped[Optional[dict]] = mapped_column(sa.JSON)
    added: Mapped[datetime.datetime] = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())
    # No foreign key is declared: a branch leaves those to main.
    author_id: Mapped[Optional[int]]
    author: Mapped[Optional[Author]] = relationship(
        back_populates="books", primaryjoin="Author.id == foreign(Book.author_id)"
    )


def unit_of_work(connection):
    """Inserts with generated keys, a batch with RETURNING, changes, deletes, and loading with relations."""
    with Session(connection) as session:
        authors = [Author(name=f"author {i}", born=datetime.date(1900 + i, 1, 1)) for i in range(20)]
        session.add_all(authors)
        session.flush()
        keys = sorted(author.id for author in authors)
        for i in range(3):
            book = Book(id=uuid.UUID(int=i), title=f"title {i}", price=decimal.Decimal("9.90"), facts={"n": [i, None]})
            authors[0].books.append(book)
        session.flush()
        authors[0].books[0].price += 1
        session.delete(authors[0].books[2])
        session.commit()
        query = sa.select(Author).where(Author.name == "author 0").options(selectinload(Author.books))
        loaded = session.scalars(query).one()
        books = [[book.title, str(book.price), book.facts, book.added.tzinfo is not None] for book in loaded.books]
        counts = session.execute(
            sa.select(sa.func.count(), sa.func.max(Author.born)).where(Author.id.in_(keys), Author.name.like("author 1%"))
        ).one()
        return [keys == list(range(keys[0], keys[0] + 20)), books, [counts[0], str(counts[1])]]


def nested(connection):
    """SAVEPOINTs inside a transaction: a failure undoes the inner part alone."""
    with Session(connection) as session:
        session.add(Author(name="outer"))
        session.flush()
        try:
            with session.begin_nested():
                session.add(Author(name="outer"))
        except sa.exc.IntegrityError as error:
            # asyncpg's error is the cause of the one SQLAlchemy shows.
            code = getattr(error.orig, "sqlstate", None) or error.orig.pgcode
        session.add(Author(name="later"))
        session.flush()
        found = session.scalars(sa.select(Author.name).where(Author.born.is_(None)).order_by(Author.name)).all()
        session.rollback()
        left = session.scalar(sa.select(sa.func.count()).where(Author.born.is_(None)))
    return [code, found, left]


def upsert(connection):
    from sqlalchemy.dialects.postgresql import insert

    statement = insert(Author).values(name="author 1", born=datetime.date(2000, 1, 1))
    statement = statement.on_conflict_do_update(
        index_elements=[Author.name], set_={"born": statement.excluded.born}
    ).returning(Author.born)
    found = connection.execute(statement).scalar_one()
    connection.rollback()
    return str(found)


def streamed(connection):
    """Rows through a cursor of the server."""
    query = sa.text("SELECT i FROM range(1200) r(i)").execution_options(stream_results=True, max_row_buffer=100)
    total = sum(row.i for row in connection.execute(query))
    connection.rollback()
    return total


def reflected(connection):
    inspector = sa.inspect(connection)
    columns = [
        [column["name"], str(column["type"]), column["nullable"]] for column in inspector.get_columns("authors")
    ]
    reflection = sa.MetaData()
    reflection.reflect(connection, only=["authors", "cities"])
    return [
        sorted(name for name in inspector.get_table_names() if name in ("authors", "books", "cities")),
        columns,
        inspector.get_pk_constraint("authors")["constrained_columns"],
        [constraint["column_names"] for constraint in inspector.get_unique_constraints("authors")],
        inspector.has_table("no_such"),
        sorted(reflection.tables),
    ]


def session_of(connection):
    for sql in FIRST_SQL:
        connection.exec_driver_sql(sql)
    connection.commit()
    seen = {
        "branch": connection.exec_driver_sql("SHOW branch").scalar_one(),
        "version": connection.dialect.server_version_info[0],
    }
    Base.metadata.drop_all(connection)
    Base.metadata.create_all(connection)
    connection.commit()
    for step in (unit_of_work, nested, upsert, streamed, reflected):
        seen[step.__name__] = step(connection)
        connection.rollback()
    Base.metadata.drop_all(connection)
    connection.commit()
    return seen


async def with_asyncpg():
    settings = dict([OPTIONS.removeprefix("-c ").split("=", 1)]) if OPTIONS else {}
    engine = create_async_engine(URL, connect_args={"server_settings": settings})
    async with engine.connect() as connection:
        seen = await connection.run_sync(session_of)
    await engine.dispose()
    return seen


def with_psycopg():
    engine = sa.create_engine(URL, connect_args={"options": OPTIONS} if OPTIONS else {})
    with engine.connect() as connection:
        seen = session_of(connection)
    engine.dispose()
    return seen


print(json.dumps(asyncio.run(with_asyncpg()) if DRIVER == "asyncpg" else with_psycopg()))
