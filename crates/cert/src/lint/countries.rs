//! Codes of countries (ISO 3166-1 alpha-2), and `XX`, which the baseline requirements use where there is none.

/// Whether two letters, of either case, are the code of a country. `AN`, which is no longer one, still is in old certificates.
pub(super) fn is_country(code: &str) -> bool {
    code.len() == 2
        && (CODES.split(' ').any(|known| known.eq_ignore_ascii_case(code)) || code.eq_ignore_ascii_case("XX"))
}

const CODES: &str = "\
AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV \
BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET \
FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM \
IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD \
ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE \
PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST \
SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS \
YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_are_not_always_a_country() {
        let table = [
            ("DE", true),
            ("us", true),
            ("XX", true),
            ("ZW", true),
            ("UK", false),
            ("", false),
            ("E A", false),
            ("USA", false),
        ];
        for (code, is) in table {
            assert_eq!(is_country(code), is, "{code}");
        }
        assert_eq!(CODES.split(' ').count(), 250);
    }
}
