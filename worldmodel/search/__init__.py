"""Search in a dream: calls that reach a line or an end are looked for by dreaming, and nothing is run.

What a call is to reach is a `Target`, and a dreamt run is some distance `away` from it, by how far its values
are apart (`closeness`) and by the conditions that it did not come to (`guards`). A `Screen` keeps what was
dreamt; new calls are made out of those that came nearest (`variation`, `constants`). `inputs` answers an
inverse question in this way.
"""
