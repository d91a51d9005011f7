#pragma once

#include <cstddef>
#include <valarray>

namespace textkit {

/// A dense matrix.
class Matrix {
public:
    Matrix(std::size_t rows, std::size_t columns);

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }

    double& at(std::size_t row, std::size_t column);
    double at(std::size_t row, std::size_t column) const;

    Matrix transposed() const;

    /// Scales each row to length 1; a row of zeros is unchanged.
    Matrix normalized() const;

private:
    std::size_t rows_;
    std::size_t columns_;
    std::valarray<double> cells_;
};

/// The product; its rows are computed in parallel.
Matrix operator*(const Matrix& left, const Matrix& right);

}  // namespace textkit
