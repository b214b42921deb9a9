/**
 * PostgreSQL 15's aggregates, as `function¦kind¦direct arguments¦transition¦final¦sort operator¦transition type¦initial¦description`.
 */
export const AGGREGATES = `
2050¦n¦¦515¦¦1073¦2277¦¦maximum value of all anyarray input values¶2051¦n¦¦516¦¦1072¦2277¦¦minimum value of all anyarray input values
2100¦n¦¦2746¦3389¦¦2281¦¦the average (arithmetic mean) as numeric of all bigint values
2101¦n¦¦1963¦1964¦¦1016¦{0,0}¦the average (arithmetic mean) as numeric of all integer values
2102¦n¦¦1962¦1964¦¦1016¦{0,0}¦the average (arithmetic mean) as numeric of all smallint values
2103¦n¦¦2858¦1837¦¦2281¦¦the average (arithmetic mean) as numeric of all numeric values
2104¦n¦¦208¦1830¦¦1022¦{0,0,0}¦the average (arithmetic mean) as float8 of all float4 values
2105¦n¦¦222¦1830¦¦1022¦{0,0,0}¦the average (arithmetic mean) as float8 of all float8 values
2106¦n¦¦1843¦1844¦¦1187¦{0 second,0 second}¦the average (arithmetic mean) as interval of all interval values
2107¦n¦¦2746¦3388¦¦2281¦¦sum as numeric across all bigint input values¶2108¦n¦¦1841¦¦¦20¦¦sum as bigint across all integer input values
2109¦n¦¦1840¦¦¦20¦¦sum as bigint across all smallint input values¶2110¦n¦¦204¦¦¦700¦¦sum as float4 across all float4 input values
2111¦n¦¦218¦¦¦701¦¦sum as float8 across all float8 input values¶2112¦n¦¦894¦¦¦790¦¦sum as money across all money input values
2113¦n¦¦1169¦¦¦1186¦¦sum as interval across all interval input values¶2114¦n¦¦2858¦3178¦¦2281¦¦sum as numeric across all numeric input values
2115¦n¦¦1236¦¦413¦20¦¦maximum value of all bigint input values¶2116¦n¦¦768¦¦521¦23¦¦maximum value of all integer input values
2117¦n¦¦770¦¦520¦21¦¦maximum value of all smallint input values¶2118¦n¦¦1965¦¦610¦26¦¦maximum value of all oid input values
2119¦n¦¦209¦¦623¦700¦¦maximum value of all float4 input values¶2120¦n¦¦223¦¦674¦701¦¦maximum value of all float8 input values
2122¦n¦¦1138¦¦1097¦1082¦¦maximum value of all date input values¶2123¦n¦¦1377¦¦1112¦1083¦¦maximum value of all time input values
2124¦n¦¦1379¦¦1554¦1266¦¦maximum value of all time with time zone input values¶2125¦n¦¦898¦¦903¦790¦¦maximum value of all money input values
2126¦n¦¦2036¦¦2064¦1114¦¦maximum value of all timestamp input values¶2127¦n¦¦1196¦¦1324¦1184¦¦maximum value of all timestamp with time zone input values
2128¦n¦¦1198¦¦1334¦1186¦¦maximum value of all interval input values¶2129¦n¦¦458¦¦666¦25¦¦maximum value of all text input values
2130¦n¦¦1767¦¦1756¦1700¦¦maximum value of all numeric input values¶2131¦n¦¦1237¦¦412¦20¦¦minimum value of all bigint input values
2132¦n¦¦769¦¦97¦23¦¦minimum value of all integer input values¶2133¦n¦¦771¦¦95¦21¦¦minimum value of all smallint input values
2134¦n¦¦1966¦¦609¦26¦¦minimum value of all oid input values¶2135¦n¦¦211¦¦622¦700¦¦minimum value of all float4 input values
2136¦n¦¦224¦¦672¦701¦¦minimum value of all float8 input values¶2138¦n¦¦1139¦¦1095¦1082¦¦minimum value of all date input values
2139¦n¦¦1378¦¦1110¦1083¦¦minimum value of all time input values¶2140¦n¦¦1380¦¦1552¦1266¦¦minimum value of all time with time zone input values
2141¦n¦¦899¦¦902¦790¦¦minimum value of all money input values¶2142¦n¦¦2035¦¦2062¦1114¦¦minimum value of all timestamp input values
2143¦n¦¦1195¦¦1322¦1184¦¦minimum value of all timestamp with time zone input values¶2144¦n¦¦1197¦¦1332¦1186¦¦minimum value of all interval input values
2145¦n¦¦459¦¦664¦25¦¦minimum value of all text values¶2146¦n¦¦1766¦¦1754¦1700¦¦minimum value of all numeric input values
2147¦n¦¦2804¦¦¦20¦¦number of input rows for which the input expression is not null¶2148¦n¦¦1836¦1838¦¦2281¦¦historical alias for var_samp
2149¦n¦¦1835¦3391¦¦2281¦¦historical alias for var_samp¶2150¦n¦¦1834¦3391¦¦2281¦¦historical alias for var_samp¶2151¦n¦¦208¦1831¦¦1022¦{0,0,0}¦historical alias for var_samp
2152¦n¦¦222¦1831¦¦1022¦{0,0,0}¦historical alias for var_samp¶2153¦n¦¦1833¦1838¦¦2281¦¦historical alias for var_samp
2154¦n¦¦1836¦1839¦¦2281¦¦historical alias for stddev_samp¶2155¦n¦¦1835¦3393¦¦2281¦¦historical alias for stddev_samp
2156¦n¦¦1834¦3393¦¦2281¦¦historical alias for stddev_samp¶2157¦n¦¦208¦1832¦¦1022¦{0,0,0}¦historical alias for stddev_samp
2158¦n¦¦222¦1832¦¦1022¦{0,0,0}¦historical alias for stddev_samp¶2159¦n¦¦1833¦1839¦¦2281¦¦historical alias for stddev_samp
2236¦n¦¦1892¦¦¦21¦¦bitwise-and smallint aggregate¶2237¦n¦¦1893¦¦¦21¦¦bitwise-or smallint aggregate¶2238¦n¦¦1898¦¦¦23¦¦bitwise-and integer aggregate
2239¦n¦¦1899¦¦¦23¦¦bitwise-or integer aggregate¶2240¦n¦¦1904¦¦¦20¦¦bitwise-and bigint aggregate¶2241¦n¦¦1905¦¦¦20¦¦bitwise-or bigint aggregate
2242¦n¦¦1673¦¦¦1560¦¦bitwise-and bit aggregate¶2243¦n¦¦1674¦¦¦1560¦¦bitwise-or bit aggregate¶2244¦n¦¦1063¦¦1060¦1042¦¦maximum value of all bpchar input values
2245¦n¦¦1064¦¦1058¦1042¦¦minimum value of all bpchar input values¶2335¦n¦¦2333¦2334¦¦2281¦¦concatenate aggregate input into an array
2517¦n¦¦2515¦¦58¦16¦¦boolean-and aggregate¶2518¦n¦¦2516¦¦59¦16¦¦boolean-or aggregate¶2519¦n¦¦2515¦¦58¦16¦¦boolean-and aggregate
2641¦n¦¦1836¦1838¦¦2281¦¦sample variance of bigint input values (square of the sample standard deviation)
2642¦n¦¦1835¦3391¦¦2281¦¦sample variance of integer input values (square of the sample standard deviation)
2643¦n¦¦1834¦3391¦¦2281¦¦sample variance of smallint input values (square of the sample standard deviation)
2644¦n¦¦208¦1831¦¦1022¦{0,0,0}¦sample variance of float4 input values (square of the sample standard deviation)
2645¦n¦¦222¦1831¦¦1022¦{0,0,0}¦sample variance of float8 input values (square of the sample standard deviation)
2646¦n¦¦1833¦1838¦¦2281¦¦sample variance of numeric input values (square of the sample standard deviation)
2712¦n¦¦1836¦1839¦¦2281¦¦sample standard deviation of bigint input values¶2713¦n¦¦1835¦3393¦¦2281¦¦sample standard deviation of integer input values
2714¦n¦¦1834¦3393¦¦2281¦¦sample standard deviation of smallint input values¶2715¦n¦¦208¦1832¦¦1022¦{0,0,0}¦sample standard deviation of float4 input values
2716¦n¦¦222¦1832¦¦1022¦{0,0,0}¦sample standard deviation of float8 input values¶2717¦n¦¦1833¦1839¦¦2281¦¦sample standard deviation of numeric input values
2718¦n¦¦1836¦2514¦¦2281¦¦population variance of bigint input values (square of the population standard deviation)
2719¦n¦¦1835¦3390¦¦2281¦¦population variance of integer input values (square of the population standard deviation)
2720¦n¦¦1834¦3390¦¦2281¦¦population variance of smallint input values (square of the population standard deviation)
2721¦n¦¦208¦2512¦¦1022¦{0,0,0}¦population variance of float4 input values (square of the population standard deviation)
2722¦n¦¦222¦2512¦¦1022¦{0,0,0}¦population variance of float8 input values (square of the population standard deviation)
2723¦n¦¦1833¦2514¦¦2281¦¦population variance of numeric input values (square of the population standard deviation)
2724¦n¦¦1836¦2596¦¦2281¦¦population standard deviation of bigint input values¶2725¦n¦¦1835¦3392¦¦2281¦¦population standard deviation of integer input values
2726¦n¦¦1834¦3392¦¦2281¦¦population standard deviation of smallint input values¶2727¦n¦¦208¦2513¦¦1022¦{0,0,0}¦population standard deviation of float4 input values
2728¦n¦¦222¦2513¦¦1022¦{0,0,0}¦population standard deviation of float8 input values¶2729¦n¦¦1833¦2596¦¦2281¦¦population standard deviation of numeric input values
2797¦n¦¦2795¦¦2800¦27¦¦maximum value of all tid input values¶2798¦n¦¦2796¦¦2799¦27¦¦minimum value of all tid input values¶2803¦n¦¦1219¦¦¦20¦¦number of input rows
2818¦n¦¦2805¦¦¦20¦¦number of input rows in which both expressions are not null
2819¦n¦¦2806¦2807¦¦1022¦{0,0,0,0,0,0}¦sum of squares of the independent variable (sum(X^2) - sum(X)^2/N)
2820¦n¦¦2806¦2808¦¦1022¦{0,0,0,0,0,0}¦sum of squares of the dependent variable (sum(Y^2) - sum(Y)^2/N)
2821¦n¦¦2806¦2809¦¦1022¦{0,0,0,0,0,0}¦sum of products of independent times dependent variable (sum(X*Y) - sum(X) * sum(Y)/N)
2822¦n¦¦2806¦2810¦¦1022¦{0,0,0,0,0,0}¦average of the independent variable (sum(X)/N)¶2823¦n¦¦2806¦2811¦¦1022¦{0,0,0,0,0,0}¦average of the dependent variable (sum(Y)/N)
2824¦n¦¦2806¦2812¦¦1022¦{0,0,0,0,0,0}¦square of the correlation coefficient
2825¦n¦¦2806¦2813¦¦1022¦{0,0,0,0,0,0}¦slope of the least-squares-fit linear equation determined by the (X, Y) pairs
2826¦n¦¦2806¦2814¦¦1022¦{0,0,0,0,0,0}¦y-intercept of the least-squares-fit linear equation determined by the (X, Y) pairs
2827¦n¦¦2806¦2815¦¦1022¦{0,0,0,0,0,0}¦population covariance¶2828¦n¦¦2806¦2816¦¦1022¦{0,0,0,0,0,0}¦sample covariance
2829¦n¦¦2806¦2817¦¦1022¦{0,0,0,0,0,0}¦correlation coefficient¶2901¦n¦¦2900¦¦¦142¦¦concatenate XML values¶3175¦n¦¦3173¦3174¦¦2281¦¦aggregate input into json
3197¦n¦¦3180¦3196¦¦2281¦¦aggregate input into a json object¶3267¦n¦¦3265¦3266¦¦2281¦¦aggregate input into jsonb
3270¦n¦¦3268¦3269¦¦2281¦¦aggregate inputs into jsonb object¶3526¦n¦¦3525¦¦3519¦3500¦¦maximum value of all enum input values
3527¦n¦¦3524¦¦3518¦3500¦¦minimum value of all enum input values¶3538¦n¦¦3535¦3536¦¦2281¦¦concatenate aggregate input into a string
3545¦n¦¦3543¦3544¦¦2281¦¦concatenate aggregate input into a bytea¶3564¦n¦¦3562¦¦1205¦869¦¦maximum value of all inet input values
3565¦n¦¦3563¦¦1203¦869¦¦minimum value of all inet input values¶3972¦o¦1¦3970¦3973¦¦2281¦¦discrete percentile¶3974¦o¦1¦3970¦3975¦¦2281¦¦continuous distribution percentile
3976¦o¦1¦3970¦3977¦¦2281¦¦continuous distribution percentile¶3978¦o¦1¦3970¦3979¦¦2281¦¦multiple discrete percentiles
3980¦o¦1¦3970¦3981¦¦2281¦¦multiple continuous percentiles¶3982¦o¦1¦3970¦3983¦¦2281¦¦multiple continuous percentiles¶3984¦o¦¦3970¦3985¦¦2281¦¦most common value
3986¦h¦1¦3971¦3987¦¦2281¦¦rank of hypothetical row¶3988¦h¦1¦3971¦3989¦¦2281¦¦fractional rank of hypothetical row
3990¦h¦1¦3971¦3991¦¦2281¦¦cumulative distribution of hypothetical row¶3992¦h¦1¦3971¦3993¦¦2281¦¦rank of hypothetical row without gaps
4053¦n¦¦4051¦4052¦¦2281¦¦concatenate aggregate input into an array¶4189¦n¦¦4187¦¦3225¦3220¦¦maximum value of all pg_lsn input values
4190¦n¦¦4188¦¦3224¦3220¦¦minimum value of all pg_lsn input values¶4301¦n¦¦4299¦4300¦¦2281¦¦combine aggregate input into a multirange
4389¦n¦¦4388¦¦¦4537¦¦range aggregate by intersecting¶4450¦n¦¦4401¦¦¦3831¦¦range aggregate by intersecting¶5099¦n¦¦5097¦¦5074¦5069¦¦maximum value of all xid8 input values
5100¦n¦¦5098¦¦5073¦5069¦¦minimum value of all xid8 input values¶6164¦n¦¦1894¦¦¦21¦¦bitwise-xor smallint aggregate¶6165¦n¦¦1900¦¦¦23¦¦bitwise-xor integer aggregate
6166¦n¦¦1906¦¦¦20¦¦bitwise-xor bigint aggregate¶6167¦n¦¦1675¦¦¦1560¦¦bitwise-xor bit aggregate¶6227¦n¦¦6225¦6226¦¦2281¦¦combine aggregate input into a multirange
`;
