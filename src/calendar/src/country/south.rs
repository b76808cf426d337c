//! Spain with its communities, Portugal, Italy, Greece.

use super::Land;
use super::feast::{Feast, Moving, When, easter_plus, fixed};

/// Of the Spanish communities only what each keeps every year; the two or three days it chooses anew by decree
/// (Boletín Oficial del Estado, each autumn) and the Mondays for feasts on a Sunday are not here.
pub(crate) const LANDS: &[Land] = &[
    land("es", "España", &[ES]),
    land("es-an", "España: Andalucía", &[ES, &[JUEVES_SANTO, fixed("Día de Andalucía", 2, 28)]]),
    land("es-ar", "España: Aragón", &[ES, &[JUEVES_SANTO, fixed("San Jorge, Día de Aragón", 4, 23)]]),
    land("es-as", "España: Asturias", &[ES, &[JUEVES_SANTO, fixed("Día de Asturias", 9, 8)]]),
    land("es-cb", "España: Cantabria", &[ES, &[JUEVES_SANTO, fixed("La Bien Aparecida", 9, 15)]]),
    land("es-ce", "España: Ceuta", &[ES, &[JUEVES_SANTO]]),
    land("es-cl", "España: Castilla y León", &[ES, &[JUEVES_SANTO, fixed("Día de Castilla y León", 4, 23)]]),
    land("es-cm", "España: Castilla-La Mancha", &[ES, &[JUEVES_SANTO, fixed("Día de Castilla-La Mancha", 5, 31)]]),
    land("es-cn", "España: Canarias", &[ES, &[JUEVES_SANTO, fixed("Día de Canarias", 5, 30)]]),
    land("es-ct", "España: Cataluña", &[ES, ES_CATALONIA]),
    land("es-ex", "España: Extremadura", &[ES, &[JUEVES_SANTO, fixed("Día de Extremadura", 9, 8)]]),
    land("es-ga", "España: Galicia", &[ES, &[JUEVES_SANTO, fixed("Santiago Apóstol, Día Nacional de Galicia", 7, 25)]]),
    land(
        "es-ib",
        "España: Illes Balears",
        &[ES, &[JUEVES_SANTO, LUNES_DE_PASCUA, fixed("Día de las Illes Balears", 3, 1)]],
    ),
    land("es-mc", "España: Región de Murcia", &[ES, &[JUEVES_SANTO, fixed("Día de la Región de Murcia", 6, 9)]]),
    land(
        "es-md",
        "España: Comunidad de Madrid",
        &[ES, &[JUEVES_SANTO, fixed("Fiesta de la Comunidad de Madrid", 5, 2)]],
    ),
    land("es-ml", "España: Melilla", &[ES, &[JUEVES_SANTO]]),
    land("es-nc", "España: Navarra", &[ES, &[JUEVES_SANTO, LUNES_DE_PASCUA, fixed("San Francisco Javier", 12, 3)]]),
    land("es-pv", "España: País Vasco", &[ES, &[JUEVES_SANTO, LUNES_DE_PASCUA]]),
    land("es-ri", "España: La Rioja", &[ES, &[JUEVES_SANTO, fixed("Día de La Rioja", 6, 9)]]),
    land(
        "es-vc",
        "España: Comunitat Valenciana",
        &[ES, &[LUNES_DE_PASCUA, fixed("Día de la Comunitat Valenciana", 10, 9)]],
    ),
    land("pt", "Portugal", &[PT]),
    land("it", "Italia", &[IT]),
    land("gr", "Ελλάδα", &[GR]),
];

const fn land(code: &'static str, title: &'static str, feasts: &'static [&'static [Feast]]) -> Land {
    Land { code, title, feasts, moving: Moving::Never }
}

/// Real Decreto 2001/1983, art. 45.
const ES: &[Feast] = &[
    fixed("Año Nuevo", 1, 1),
    fixed("Epifanía del Señor", 1, 6),
    easter_plus("Viernes Santo", -2),
    fixed("Fiesta del Trabajo", 5, 1),
    fixed("Asunción de la Virgen", 8, 15),
    fixed("Fiesta Nacional de España", 10, 12),
    fixed("Todos los Santos", 11, 1),
    fixed("Día de la Constitución Española", 12, 6),
    fixed("Inmaculada Concepción", 12, 8),
    fixed("Natividad del Señor", 12, 25),
];

const JUEVES_SANTO: Feast = easter_plus("Jueves Santo", -3);
const LUNES_DE_PASCUA: Feast = easter_plus("Lunes de Pascua", 1);

const ES_CATALONIA: &[Feast] = &[
    LUNES_DE_PASCUA,
    fixed("San Juan", 6, 24),
    fixed("Fiesta Nacional de Cataluña", 9, 11),
    fixed("San Esteban", 12, 26),
];

/// Código do Trabalho, art. 234.
const PT: &[Feast] = &[
    fixed("Ano Novo", 1, 1),
    easter_plus("Sexta-feira Santa", -2),
    easter_plus("Domingo de Páscoa", 0),
    fixed("Dia da Liberdade", 4, 25),
    fixed("Dia do Trabalhador", 5, 1),
    easter_plus("Corpo de Deus", 60),
    fixed("Dia de Portugal", 6, 10),
    fixed("Assunção de Nossa Senhora", 8, 15),
    fixed("Implantação da República", 10, 5),
    fixed("Dia de Todos os Santos", 11, 1),
    fixed("Restauração da Independência", 12, 1),
    fixed("Imaculada Conceição", 12, 8),
    fixed("Natal", 12, 25),
];

/// Legge 260/1949; Saint Francis since 2026 (legge 151/2025).
const IT: &[Feast] = &[
    fixed("Capodanno", 1, 1),
    fixed("Epifania", 1, 6),
    easter_plus("Pasqua", 0),
    easter_plus("Lunedì dell’Angelo", 1),
    fixed("Festa della Liberazione", 4, 25),
    fixed("Festa del Lavoro", 5, 1),
    fixed("Festa della Repubblica", 6, 2),
    fixed("Ferragosto", 8, 15),
    fixed("San Francesco d’Assisi", 10, 4).since(2026),
    fixed("Ognissanti", 11, 1),
    fixed("Immacolata Concezione", 12, 8),
    fixed("Natale", 12, 25),
    fixed("Santo Stefano", 12, 26),
];

/// Νόμος 4468/2017; 1 May is moved by decree where it falls in Holy Week or on a Sunday.
const GR: &[Feast] = &[
    fixed("Πρωτοχρονιά", 1, 1),
    fixed("Θεοφάνεια", 1, 6),
    Feast::new("Καθαρά Δευτέρα", When::Orthodox(-48)),
    fixed("Ευαγγελισμός της Θεοτόκου", 3, 25),
    Feast::new("Μεγάλη Παρασκευή", When::Orthodox(-2)),
    Feast::new("Κυριακή του Πάσχα", When::Orthodox(0)),
    Feast::new("Δευτέρα του Πάσχα", When::Orthodox(1)),
    fixed("Εργατική Πρωτομαγιά", 5, 1),
    Feast::new("Δευτέρα του Αγίου Πνεύματος", When::Orthodox(50)),
    fixed("Κοίμηση της Θεοτόκου", 8, 15),
    fixed("Ημέρα του Όχι", 10, 28),
    fixed("Χριστούγεννα", 12, 25),
    fixed("Σύναξη της Υπεραγίας Θεοτόκου", 12, 26),
];
