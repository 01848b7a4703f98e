def power(base, exponent, modulus):
    result = 1
    while exponent:
        result = result * (base if exponent % 2 else 1) % modulus
        base = base * base % modulus
        exponent //= 2
    return result
