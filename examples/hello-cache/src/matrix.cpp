#include "matrix.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace textkit {

Matrix::Matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), cells_(0.0, rows * columns) {}

double& Matrix::at(std::size_t row, std::size_t column) { return cells_[row * columns_ + column]; }

double Matrix::at(std::size_t row, std::size_t column) const { return cells_[row * columns_ + column]; }

Matrix Matrix::transposed() const {
    Matrix result(columns_, rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
        result.cells_[std::slice(row, columns_, rows_)] = cells_[std::slice(row * columns_, columns_, 1)];
    }
    return result;
}

Matrix Matrix::normalized() const {
    Matrix result = *this;
    for (std::size_t row = 0; row < rows_; ++row) {
        const std::slice place(row * columns_, columns_, 1);
        const std::valarray<double> cells = cells_[place];
        const double length = cells.size() == 0 ? 0.0 : std::sqrt((cells * cells).sum());
        if (length > 0.0) {
            result.cells_[place] = std::valarray<double>(cells / length);
        }
    }
    return result;
}

Matrix operator*(const Matrix& left, const Matrix& right) {
    if (left.columns() != right.rows()) {
        throw std::invalid_argument("the matrices do not fit");
    }
    Matrix result(left.rows(), right.columns());
    const auto rows = [&](std::size_t first, std::size_t step) {
        for (std::size_t row = first; row < left.rows(); row += step) {
            for (std::size_t inner = 0; inner < left.columns(); ++inner) {
                for (std::size_t column = 0; column < right.columns(); ++column) {
                    result.at(row, column) += left.at(row, inner) * right.at(inner, column);
                }
            }
        }
    };
    const std::size_t workers = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::future<void>> running;
    for (std::size_t worker = 0; worker < workers; ++worker) {
        running.push_back(std::async(std::launch::async, rows, worker, workers));
    }
    for (auto& worker : running) {
        worker.get();
    }
    return result;
}

}  // namespace textkit
