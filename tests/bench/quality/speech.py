"""Speech by an open synthesiser: five voices in five languages, the same in each run."""

import os
import subprocess

import numpy as np

# What is said first is not scored: the receivers learn the network by it.
VOICES = {
    "english": (
        "en-gb+m3",
        "The post office on the corner closes at five, so please hurry if you want to send the parcel today.",
        "She asked for a table near the window, but every one of them was taken. We waited by the door for a while.",
        "Could you read me the number on the back of the card? It begins with four and has sixteen digits in all.",
    ),
    "german": (
        "de+f2",
        "Der nächste Zug nach Hamburg fährt heute von Gleis sieben ab und hat etwa zehn Minuten Verspätung.",
        "Bitte bleiben Sie am Apparat, ich verbinde Sie mit der Werkstatt. Dort weiß man, wann Ihr Wagen fertig ist.",
        "Im Herbst sammeln wir Pilze hinter dem alten Haus. Meine Schwester kennt jede Sorte und kocht sehr gut.",
    ),
    "french": (
        "fr+f4",
        "Le magasin sera fermé lundi prochain, mais vous pouvez passer votre commande par téléphone toute la journée.",
        "Nous avons bien reçu votre lettre du douze mars. Un collègue vous rappellera demain matin avant dix heures.",
        "Il pleut depuis hier soir et la rivière monte. Les enfants regardent par la fenêtre en attendant le facteur.",
    ),
    "dutch": (
        "nl+m1",
        "De bakker om de hoek heeft vandaag vers brood en zondag is hij de hele dag gesloten, zegt mijn buurman.",
        "Kunt u mij zeggen wanneer de monteur langskomt? Ik ben vanmiddag thuis, maar morgen moet ik vroeg weg.",
        "Wij fietsten langs het water tot aan de brug. Daar zat een oude man die ons de weg naar de molen wees.",
    ),
    "spanish": (
        "es+f5",
        "La oficina abre a las nueve de la mañana y cierra a las dos, menos los viernes, que cierra a la una.",
        "Mi hermano trabaja en el puerto y vuelve tarde a casa. Los domingos prepara pescado para toda la familia.",
        "Necesito cambiar la fecha del billete, porque la reunión empieza antes. ¿Hay sitio en el tren de las ocho?",
    ),
}
LEAD, GAP, TAIL = 0.4, 0.7, 0.8


class Call:
    """What one caller says: samples, and where in them the parts are that are scored."""

    def __init__(self, name, rate, samples, parts):
        self.name, self.rate, self.samples, self.parts = name, rate, samples, parts


def _say(voice, text, rate, folder):
    spoken = os.path.join(folder, "spoken.wav")
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", spoken, text], check=True)
    raw = subprocess.run(
        ["sox", "-D", spoken, "-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", str(rate), "-", "norm", "-6"],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    return np.frombuffer(raw, dtype="<i2")


def calls(rate, folder):
    made = []
    for name, (voice, *texts) in VOICES.items():
        samples, parts = [np.zeros(int(LEAD * rate), dtype="<i2")], []
        for text in texts:
            said = _say(voice, text, rate, folder)
            begin = sum(map(len, samples))
            parts.append((begin, begin + len(said)))
            samples += [said, np.zeros(int(GAP * rate), dtype="<i2")]
        samples.append(np.zeros(int(TAIL * rate), dtype="<i2"))
        whole = np.concatenate(samples)
        whole = whole[: len(whole) - len(whole) % (rate // 50)]
        made.append(Call(name, rate, whole, parts[1:]))
    return made
