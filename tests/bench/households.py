"""A seeded generator of what a CRM holds: families with one home, landline and mailbox, twins, father and son of one name,
flat sharers, next tenants; each person written down by several systems, with slips. households(seed, records) gives rows
of DEDUPE's columns and truth: record id -> person."""
import random

GIVEN_M = """Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst Frank Dieter Manfred
Gerhard Hans Bernd Thorsten Matthias Helmut Walter Martin Heinz Jörg Rolf Jens Sven Alexander Rainer Jan Robert Daniel
Markus Tobias Florian Julian Lukas Paul Leon Felix Jonas Maximilian Niklas Tim Finn Noah Elias Ben Emil Anton Jakob Moritz
William James John Richard Charles Edward George Henry Luca Marco Giovanni Pedro Carlos Antonio Jean Pierre""".split()
GIVEN_F = """Ursula Karin Renate Helga Monika Sabine Ingrid Petra Gisela Brigitte Christa Elke Erika Andrea Barbara Susanne
Claudia Birgit Anna Martina Maria Heike Angelika Gabriele Nicole Stefanie Katharina Julia Sandra Christine Laura Lena Lea
Sophie Marie Emma Mia Hannah Emilia Johanna Clara Elisabeth Margarete Charlotte Franziska Theresa Magdalena Alexandra
Katherine Margaret Susan Jennifer Rebecca Victoria Paula Lucia Carmen Francesca Giulia Chloe Camille""".split()
FAMILY = """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf
Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Meier Lehmann Schmid Schulze
Maier Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel
Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter
Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Schreiber Graf Dietrich
Ziegler Kuhn Kühn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Nowak Kowalski Rossi Garcia
Yilmaz Kaya Demir Ivanov Petrov Jansen Smith Jones Taylor""".split()
STREETS = """Hauptstraße Schulstraße Gartenstraße Bahnhofstraße Dorfstraße Bergstraße Birkenweg Lindenstraße Kirchstraße
Waldstraße Ringstraße Schillerstraße Goethestraße Amselweg Jahnstraße Mühlenweg Wiesenweg Buchenweg Finkenweg Rosenweg
Feldstraße Mozartstraße Ahornweg Friedhofstraße Talstraße Uferweg Marktplatz Burggasse Lerchenweg Parkallee""".split()
CITIES = [("Berlin", "10", "30"), ("Hamburg", "20", "40"), ("München", "80", "89"), ("Köln", "50", "221"),
          ("Frankfurt", "60", "69"), ("Stuttgart", "70", "711"), ("Leipzig", "04", "341"), ("Dresden", "01", "351"),
          ("Bremen", "28", "421"), ("Hannover", "30", "511"), ("Nürnberg", "90", "911"), ("Kassel", "34", "561")]
MAILERS = "gmail.com web.de gmx.de t-online.de outlook.com posteo.de yahoo.de icloud.com".split()
NICK = {"Peter": "Pit", "Michael": "Michi", "Thomas": "Tom", "Andreas": "Andi", "Katharina": "Kathi", "Elisabeth": "Lisa",
        "Alexander": "Alex", "Maximilian": "Max", "Robert": "Bob", "William": "Bill", "Susanne": "Susi", "Stefan": "Steffen",
        "Stefanie": "Steffi", "Gabriele": "Gabi", "Franziska": "Franzi", "Johanna": "Hanna", "Margarete": "Grete",
        "Richard": "Dick", "Margaret": "Peggy", "Jennifer": "Jenny", "Magdalena": "Lena", "Günter": "Guenter"}
SOURCES = ["crm", "shop", "helpdesk", "web"]
ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


class Person:
    def __init__(self, given, family, born, home):
        self.given, self.family, self.born, self.home = given, family, born, home
        self.mail = self.mobile = self.suffix = None


def slip(rng, text):
    if len(text) < 3:
        return text
    i = rng.randrange(1, len(text) - 1)
    return rng.choice([text[:i] + text[i + 1:], text[:i] + text[i + 1] + text[i] + text[i + 2:],
                       text[:i] + rng.choice("aeinrst") + text[i + 1:], text[:i] + text[i] + text[i:]])


def new_home(rng):
    city, code, area = rng.choice(CITIES)
    return {"street": f"{rng.choice(STREETS)} {rng.randrange(1, 120)}", "city": city,
            "postcode": code + f"{rng.randrange(0, 40):03d}", "landline": f"+49{area}{rng.randrange(2000000, 9999999)}",
            "mailbox": None}


def born(rng, first, last):
    return f"{rng.randrange(first, last):04d}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"


def mailbox(rng, person):
    given, family = person.given.translate(ASCII).lower(), person.family.translate(ASCII).lower()
    form = rng.choice(["{g}.{f}", "{g}{f}", "{i}.{f}", "{g}{y}", "{f}.{g}", "{g}.{f}{n}"])
    return form.format(g=given, f=family, i=given[0], y=person.born[2:4], n=rng.randrange(1, 99)) + "@" + rng.choice(MAILERS)


def own(taken, address):
    """Nobody has another's mailbox: a second one of the name gets a number."""
    local, domain = address.split("@")
    while address in taken:
        address = f"{local}{len(taken)}@{domain}"
    taken.add(address)
    return address


def family_of(rng, home, taken):
    name = rng.choice(FAMILY)
    kind = rng.random()
    people = [Person(rng.choice(GIVEN_M), name, born(rng, 1945, 1985), home)]
    if kind < 0.35:
        return people if rng.random() < 0.5 else [Person(rng.choice(GIVEN_F), name, born(rng, 1940, 1999), home)]
    if kind < 0.42:  # flat sharers: nothing but the address in common
        return people + [Person(rng.choice(GIVEN_F), rng.choice(FAMILY), born(rng, 1985, 2002), home)]
    people.append(Person(rng.choice(GIVEN_F), name, born(rng, 1945, 1985), home))
    children = rng.randrange(0, 4)
    for _ in range(children):
        people.append(Person(rng.choice(GIVEN_M + GIVEN_F), name, born(rng, 1985, 2006), home))
    if rng.random() < 0.06:
        day = born(rng, 1985, 2006)
        people += [Person(rng.choice(GIVEN_M), name, day, home), Person(rng.choice(GIVEN_F), name, day, home)]
    if rng.random() < 0.08:
        people.append(Person(people[0].given, name, born(rng, 1970, 2000), home))
        if rng.random() < 0.3:
            people[0].suffix, people[-1].suffix = "sen.", "jun."
    if rng.random() < 0.3:
        tail = rng.choice(["", ".familie", str(rng.randrange(9))])
        home["mailbox"] = own(taken, f"{name.translate(ASCII).lower()}{tail}@{rng.choice(MAILERS)}")
    return people


def write(rng, person, births):
    home, moved = person.home, rng.random() < 0.06
    if moved:
        home = new_home(rng)
    row = {"given_name": person.given, "family_name": person.family, "date_of_birth": person.born if rng.random() < births else "",
           "email": "", "phone": "", "street": home["street"], "city": home["city"], "postcode": home["postcode"], "country": "DE"}
    if person.suffix and rng.random() < 0.6:
        row["family_name"] += " " + person.suffix
    if rng.random() < 0.85:
        shared = person.home["mailbox"] and rng.random() < 0.3
        row["email"] = person.home["mailbox"] if shared else person.mail or ""
    if rng.random() < 0.8:
        row["phone"] = home["landline"] if rng.random() < 0.35 else person.mobile or ""
    if rng.random() < 0.08:
        row["given_name"] = NICK.get(person.given, person.given[0] + ".")
    if rng.random() < 0.08:
        field = rng.choice(["given_name", "family_name", "street", "city", "email"])
        row[field] = slip(rng, row[field])
    if rng.random() < 0.03:
        row["given_name"], row["family_name"] = row["family_name"], row["given_name"]
    if rng.random() < 0.1:
        row.update(street="", city="", postcode="")
    if rng.random() < 0.3:
        row = {field: text.translate(ASCII) for field, text in row.items()}
    if rng.random() < 0.3:
        row["street"] = row["street"].replace("straße", "str.").replace("strasse", "str.")
    if row["phone"].startswith("+49") and rng.random() < 0.5:
        row["phone"] = "0" + row["phone"][3:]
    return row


def households(seed, records, births=0.5):
    """[(row, person number)], shuffled."""
    rng = random.Random(seed)
    rows, person_no, home, taken = [], 0, new_home(rng), set()
    while len(rows) < records:
        if rng.random() < 0.1:  # next tenants take over the flat, some its line, too
            home = dict(home, mailbox=None) if rng.random() < 0.5 else dict(home, mailbox=None, landline=new_home(rng)["landline"])
        else:
            home = new_home(rng)
        for person in family_of(rng, home, taken):
            person_no += 1
            person.mail = own(taken, mailbox(rng, person)) if rng.random() < 0.85 else None
            person.mobile = f"+4917{rng.randrange(0, 10)}{rng.randrange(1000000, 9999999)}" if rng.random() < 0.8 else None
            for source in rng.sample(SOURCES, rng.choice([1, 1, 2, 2, 3, 4])):
                row = write(rng, person, births)
                row["source"] = source
                rows.append((row, person_no))
    rows = rows[:records]
    rng.shuffle(rows)
    return rows
